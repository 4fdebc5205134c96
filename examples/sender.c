/* A sender that answers NACKs. POSIX: cc -o sender sender.c && ./sender HOST PORT DEVICE [COUNT] [MS BETWEEN]; its epoch is in DEVICE.epoch */
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
enum { DATA = 1, HEARTBEAT, DESCRIBE, NACK, GONE, RING = 4096, SIZE = 28 + 64 + 24, REPEAT_US = 5000, SECOND = 1000000 };
static unsigned char ring[RING][SIZE], wanted[RING], heard[2048], once[SIZE]; /* what was sent, whether to send it again; what is not kept */
static uint64_t number, epoch; static const char *id; static int id_length, udp; /* the next one; this start; the device */
static volatile sig_atomic_t stopped; static void stop(int signum) { stopped = 1, signal(signum, SIG_DFL); } /* a second Ctrl-C ends it at once */
static uint64_t whole(const char *text, int64_t most) { char *end; int64_t v = strtoll(text, &end, 10); return *end || v < 1 || v > most ? 0 : v; } /* or 0 */
static void put(unsigned char *at, uint64_t value, int bytes) { for (; bytes--; value >>= 8) at[bytes] = value; }
static uint64_t get(const unsigned char *at, int bytes) { uint64_t v = 0; while (bytes--) v = v << 8 | *at++; return v; }
static int64_t now(clockid_t clock) { struct timespec t; clock_gettime(clock, &t); return t.tv_sec * 1000000LL + t.tv_nsec / 1000; }
static void say(unsigned char *out, int kind, uint64_t of_epoch, uint64_t sequence, int entries, const void *body, int bytes) {
  memcpy(out, "LC\1", 3), out[3] = kind, out[4] = 0, out[5] = id_length, put(out + 6, entries, 2), put(out + 8, of_epoch, 4);
  put(out + 12, sequence, 8), put(out + 20, now(CLOCK_REALTIME), 8), memcpy(out + 28, id, id_length), memcpy(out + 28 + id_length, body, bytes);
  send(udp, out, 28 + id_length + bytes, 0); /* fails where the collector is down: it will ask later */
}
static void hear(int bytes) {
  if (bytes < 28 + id_length || memcmp(heard, "LC\1\4", 4) || heard[5] != id_length || memcmp(heard + 28, id, id_length)) return;
  unsigned char range[16]; uint64_t of = get(heard + 8, 4), held = of != epoch ? UINT64_MAX : number > RING ? number - RING : 0;
  for (int at = 28 + id_length, left = get(heard + 6, 2); left-- && at + 16 <= bytes; at += 16) {
    uint64_t first = get(heard + at, 8), last = get(heard + at + 8, 8);
    if (first < held) put(range, first, 8), put(range + 8, last < held ? last : held - 1, 8), say(once, GONE, of, of == epoch ? number : 0, 1, range, 16);
    for (uint64_t n = first > held ? first : held; n <= last && n < number; n++) wanted[n % RING] = 1;
    if (of == epoch && last >= number) say(once, HEARTBEAT, epoch, number, 0, "", 0); /* never used */
  }
}
int main(int argc, char **argv) {
  uint64_t count = argc > 4 ? whole(argv[4], INT64_MAX) : 60, between = 1000 * (argc > 5 ? whole(argv[5], INT32_MAX) : 1000), again = 0, looked, ends = 0;
  if (argc < 4 || argc > 6 || !whole(argv[2], 65535) || !(id_length = strlen(id = argv[3])) || id_length > 64 || !count || !between)
    return fprintf(stderr, "sender HOST PORT DEVICE [COUNT] [MS BETWEEN]: PORT is 1 to 65535, DEVICE has 1 to 64 bytes, the others are above 0\n"), 2;
  struct addrinfo like = {.ai_family = strchr(argv[1], ':') ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM}, *to;
  int why = getaddrinfo(argv[1], argv[2], &like, &to); if (why) return fprintf(stderr, "%s port %s: %s\n", argv[1], argv[2], gai_strerror(why)), 1;
  if ((udp = socket(to->ai_family, SOCK_DGRAM, 0)) < 0 || connect(udp, to->ai_addr, to->ai_addrlen)) return perror(argv[1]), 1; /* nobody else is heard */
  freeaddrinfo(to); char path[80]; snprintf(path, sizeof path, "%s.epoch", id); FILE *file = fopen(path, "a+"); if (!file) return perror(path), 1;
  for (rewind(file); fscanf(file, "%" SCNu64, &epoch) == 1;) {} if (!feof(file) || epoch >= UINT32_MAX) return fprintf(stderr, "%s: each line is to be an epoch\n", path), 1;
  signal(SIGINT, stop), signal(SIGTERM, stop); if (fprintf(file, "%" PRIu64 "\n", ++epoch) < 0 || fflush(file) || fsync(fileno(file))) return perror(path), 1; /* every start adds a line; it is on the disk before the epoch is used */
  unsigned char body[12] = {0, 1, 1 /* channel 1, float32 */}; int64_t at = now(CLOCK_MONOTONIC), due = at, describe = at, spoke = at, quiet = at, repeat = at;
  for (; number < count || at < quiet + 3 * SECOND; at = now(CLOCK_MONOTONIC), count = stopped ? number : count) {
    if (number < count && at >= describe) describe = at + 30 * SECOND, say(once, DESCRIBE, epoch, number, 1, "\0\1\13\3temperatureCel", 18);
    if (number < count && at >= due) {
      float value = 20 + number % 10; uint32_t bits; memcpy(&bits, &value, 4), put(body + 8, bits, 4);
      wanted[number % RING] = 0, say(ring[number % RING], DATA, epoch, number, 1, body, 12), number++, spoke = quiet = at, due += between;
    }
    for (; number == count && ends < 3; ends++) say(once, HEARTBEAT, epoch, number, 1, "\377\377\377\377", 4); /* the end */
    if (number < count && at >= spoke + 10 * SECOND) spoke = at, say(once, HEARTBEAT, epoch, number, 0, "", 0); /* a long pause */
    for (looked = 0; at >= repeat && looked < RING && !wanted[again % RING]; looked++) again++;
    if (at >= repeat && wanted[again % RING]) repeat = at + REPEAT_US, wanted[again % RING] = 0, send(udp, ring[again % RING], 28 + id_length + 12, 0);
    int64_t pause = number < count && due - at < REPEAT_US ? due - at : REPEAT_US; struct pollfd in = {.fd = udp, .events = POLLIN};
    if (poll(&in, 1, pause > 0 ? (pause + 999) / 1000 : 0) > 0 && (looked = recv(udp, heard, sizeof heard, 0)) <= sizeof heard) quiet = at, hear(looked);
  }
}
