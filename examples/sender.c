/* A sender that answers NACKs. C99, POSIX: cc -o sender sender.c && ./sender HOST PORT DEVICE [COUNT] [MS BETWEEN]; its epoch is in DEVICE.epoch */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
enum { DATA = 1, HEARTBEAT, DESCRIBE, NACK, GONE, HEADER = 28, ENTRY = 12, SIZE = HEADER + 64 + 24, RING = 4096, REPEAT_US = 5000, SECOND = 1000000 };
static unsigned char ring[RING][SIZE], wanted[RING], once[SIZE], heard[2048]; /* what was sent, whether to send it again; what is not kept */
static uint64_t number, epoch, again; static const char *id; static size_t id_length; static int udp; /* the next one; this start; none is wanted below */
static volatile sig_atomic_t stopped; static void stop(int signum) { stopped = 1; signal(signum, SIG_DFL); } /* a second Ctrl-C ends it at once */
static uint64_t whole(const char *text, int64_t most) { char *end; int64_t n = strtoimax(text, &end, 10); return *end || n < 1 || n > most ? 0 : n; } /* or 0 */
static void put(unsigned char *at, uint64_t value, int bytes) { for (; bytes > 0; value >>= 8) at[--bytes] = value & 0xff; }
static uint64_t get(const unsigned char *at, int bytes) { uint64_t value = 0; while (bytes-- > 0) value = value << 8 | *at++; return value; }
static int64_t now(clockid_t clock) { struct timespec t; clock_gettime(clock, &t); return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000; }
static void say(unsigned char *out, int kind, uint64_t of_epoch, uint64_t sequence, int entries, const void *body, size_t bytes) {
  memcpy(out, "LC\1", 3); out[3] = kind; out[4] = 0; out[5] = id_length; put(out + 6, entries, 2); put(out + 8, of_epoch, 4); put(out + 12, sequence, 8);
  put(out + 20, now(CLOCK_REALTIME), 8); memcpy(out + HEADER, id, id_length); memcpy(out + HEADER + id_length, body, bytes);
  send(udp, out, HEADER + id_length + bytes, 0); /* fails where the collector is down: it will ask later */
}
static void hear(size_t bytes) {
  if (bytes < HEADER + id_length || memcmp(heard, "LC\1\4", 4) || heard[5] != id_length || memcmp(heard + HEADER, id, id_length)) return; /* no NACK for us */
  uint64_t of = get(heard + 8, 4), left = get(heard + 6, 2), held = of != epoch ? UINT64_MAX : number > RING ? number - RING : 0;
  for (size_t at = HEADER + id_length; left > 0 && at + 16 <= bytes; at += 16, left--) {
    uint64_t first = get(heard + at, 8), last = get(heard + at + 8, 8);
    if (first < held) { put(heard + at + 8, last < held ? last : held - 1, 8); say(once, GONE, of, of == epoch ? number : 0, 1, heard + at, 16); }
    for (uint64_t n = first > held ? first : held; n <= last && n < number; n++) { wanted[n % RING] = 1; again = n < again ? n : again; }
    if (of == epoch && last >= number) say(once, HEARTBEAT, epoch, number, 0, "", 0); /* never used */
  }
}
int main(int argc, char **argv) {
  uint64_t count = argc > 4 ? whole(argv[4], INT64_MAX) : 60, between = 1000 * (argc > 5 ? whole(argv[5], INT32_MAX) : 1000);
  const char *usage = "sender HOST PORT DEVICE [COUNT] [MS BETWEEN]: PORT is 1 to 65535, DEVICE has 1 to 64 bytes, the others are above 0\n";
  if (argc < 4 || argc > 6 || !whole(argv[2], 65535) || !*argv[3] || strlen(argv[3]) > 64 || !count || !between) { fputs(usage, stderr); return 2; }
  id = argv[3]; id_length = strlen(id); struct addrinfo like = {.ai_family = strchr(argv[1], ':') ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM}, *to;
  int why = getaddrinfo(argv[1], argv[2], &like, &to); if (why) { fprintf(stderr, "%s port %s: %s\n", argv[1], argv[2], gai_strerror(why)); return 1; }
  udp = socket(to->ai_family, SOCK_DGRAM, 0); if (udp < 0 || connect(udp, to->ai_addr, to->ai_addrlen)) { perror(argv[1]); return 1; } /* nobody else is heard */
  freeaddrinfo(to); char path[80]; snprintf(path, sizeof path, "%s.epoch", id); FILE *file = fopen(path, "a+"); if (!file) { perror(path); return 1; }
  for (rewind(file); fscanf(file, "%" SCNu64, &epoch) == 1;) {} if (!feof(file) || epoch >= UINT32_MAX) { fprintf(stderr, "%s: each line is to be an epoch\n", path); return 1; }
  if (fprintf(file, "%" PRIu64 "\n", ++epoch) < 0 || fflush(file) || fsync(fileno(file))) { perror(path); return 1; } /* on the disk before it is used */
  unsigned char body[ENTRY] = {0, 1, 1 /* channel 1, float32 */}; struct pollfd in = {.fd = udp, .events = POLLIN}; int ends = 0; signal(SIGINT, stop); signal(SIGTERM, stop);
  int64_t at = now(CLOCK_MONOTONIC), due = at, describe = at, spoke = at, quiet = at, repeat = at;
  for (; number < count || at < quiet + 3 * SECOND; at = now(CLOCK_MONOTONIC)) { if (stopped) count = number; /* no further one */
    if (number < count && at >= describe) { describe = at + 30 * SECOND; say(once, DESCRIBE, epoch, number, 1, "\0\1\13\3temperatureCel", 18); }
    if (number < count && at >= due) {
      float value = 20 + number % 10; uint32_t bits; memcpy(&bits, &value, 4); put(body + 8, bits, 4);
      wanted[number % RING] = 0; say(ring[number % RING], DATA, epoch, number, 1, body, ENTRY); number++; spoke = quiet = at; due += between; }
    for (; number == count && ends < 3; ends++) say(once, HEARTBEAT, epoch, number, 1, "\377\377\377\377", 4); /* the end */
    if (number < count && at >= spoke + 10 * SECOND) { spoke = at; say(once, HEARTBEAT, epoch, number, 0, "", 0); } /* a long pause */
    for (; again < number && at >= repeat; again++)
      if (wanted[again % RING]) { wanted[again % RING] = 0; repeat = at + REPEAT_US; send(udp, ring[again % RING], HEADER + id_length + ENTRY, 0); }
    int64_t pause = number < count && due - at < REPEAT_US ? due - at : REPEAT_US;
    if (poll(&in, 1, pause > 0 ? (pause + 999) / 1000 : 0) > 0) { ssize_t bytes = recv(udp, heard, sizeof heard, 0); if (bytes > 0) { quiet = at; hear(bytes); } }
  }
}
