/* A sender that answers NACKs. POSIX: cc -o sender sender.c && ./sender HOST PORT DEVICE [COUNT] [MS BETWEEN]; its epoch is in DEVICE.epoch */
#include <arpa/inet.h>
#include <poll.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
enum { DATA = 1, HEARTBEAT, DESCRIBE, NACK, GONE, RING = 4096, SIZE = 28 + 64 + 24, REPEAT_MS = 5, LINGER_MS = 3000 };
static unsigned char ring[RING][SIZE], wanted[RING], heard[2048]; /* what was sent, and whether to send it again */
static uint64_t number, epoch; /* the next one; this start */
static const char *id;
static int udp, id_length;
static void put(unsigned char *at, uint64_t value, int bytes) { for (; bytes--; value >>= 8) at[bytes] = value; }
static uint64_t get(const unsigned char *at, int bytes) { uint64_t v = 0; while (bytes--) v = v << 8 | *at++; return v; }
static int64_t now(clockid_t clock) { struct timespec t; clock_gettime(clock, &t); return t.tv_sec * 1000000LL + t.tv_nsec / 1000; }
/* a failed send means that the collector is down: it will ask later */
static void say(unsigned char *out, int kind, uint64_t of_epoch, uint64_t sequence, int entries, const void *body, int bytes) {
  memcpy(out, "LC\1", 3), out[3] = kind, out[4] = 0, out[5] = id_length, put(out + 6, entries, 2), put(out + 8, of_epoch, 4);
  put(out + 12, sequence, 8), put(out + 20, now(CLOCK_REALTIME), 8), memcpy(out + 28, id, id_length), memcpy(out + 28 + id_length, body, bytes);
  send(udp, out, 28 + id_length + bytes, 0);
}
static void hear(int bytes) {
  unsigned char out[SIZE], range[16];
  if (bytes < 28 + id_length || memcmp(heard, "LC\1\4", 4) || heard[5] != id_length || memcmp(heard + 28, id, id_length)) return;
  uint64_t of = get(heard + 8, 4), held = of != epoch ? UINT64_MAX : number > RING ? number - RING : 0;
  for (int at = 28 + id_length, left = get(heard + 6, 2); left-- && at + 16 <= bytes; at += 16) {
    uint64_t first = get(heard + at, 8), last = get(heard + at + 8, 8);
    put(range, first, 8), put(range + 8, last < held ? last : held - 1, 8);
    if (first < held) say(out, GONE, of, of == epoch ? number : 0, 1, range, 16);
    for (uint64_t n = first > held ? first : held; n <= last && n < number; n++) wanted[n % RING] = 1;
    if (of == epoch && last >= number) say(out, HEARTBEAT, epoch, number, 0, "", 0); /* never used */
  }
}
int main(int argc, char **argv) {
  if (argc < 4 || (id_length = strlen(id = argv[3])) > 64) return fprintf(stderr, "sender HOST PORT DEVICE [COUNT] [MS BETWEEN]\n"), 2;
  uint64_t count = argc > 4 ? atoll(argv[4]) : 60, again = 0, looked;
  char path[80]; snprintf(path, sizeof path, "%s.epoch", id);
  FILE *file = fopen(path, "a+"); if (!file) return perror(path), 1;
  while (fscanf(file, "%" SCNu64, &epoch) == 1) {} /* every start adds a line; it is on the disk before the epoch is used */
  if (fprintf(file, "%" PRIu64 "\n", ++epoch) < 0 || fflush(file) || fsync(fileno(file))) return perror(path), 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = inet_addr(argv[1])};
  if ((udp = socket(AF_INET, SOCK_DGRAM, 0)) < 0 || connect(udp, (void *)&to, sizeof to)) return perror(argv[1]), 1; /* nobody else is heard */
  unsigned char out[SIZE], body[12] = {0, 1, 1}; /* channel 1, float32 */
  say(out, DESCRIBE, epoch, 0, 1, "\0\1\13\3temperatureCel", 18);
  for (int64_t at, quiet = 0, due = now(CLOCK_MONOTONIC); at = now(CLOCK_MONOTONIC), number < count || at < quiet + LINGER_MS * 1000;) {
    if (number < count && at >= due) {
      float value = 20 + number % 10; uint32_t bits; memcpy(&bits, &value, 4), put(body + 8, bits, 4);
      wanted[number % RING] = 0, say(ring[number % RING], DATA, epoch, number, 1, body, 12);
      number++, quiet = at, due += (argc > 5 ? atoll(argv[5]) : 1000) * 1000;
      for (int i = 0; i < 3 && number == count; i++) say(out, HEARTBEAT, epoch, number, 1, "\377\377\377\377", 4); /* the end */
    }
    for (looked = 0; looked < RING && !wanted[again % RING]; looked++) again++;
    if (wanted[again % RING]) wanted[again % RING] = 0, send(udp, ring[again % RING], 28 + id_length + 12, 0);
    struct pollfd in = {.fd = udp, .events = POLLIN};
    if (poll(&in, 1, REPEAT_MS) > 0 && (looked = recv(udp, heard, sizeof heard, 0)) <= sizeof heard) quiet = at, hear(looked);
  }
}
