#!/usr/bin/env python3
"""A sender that answers NACKs. Standard library only: python3 sender.py HOST PORT DEVICE [COUNT] [SECONDS BETWEEN]; its epoch is in DEVICE.epoch"""
import argparse, math, os, select, signal, socket, struct, time
from contextlib import suppress

parser = argparse.ArgumentParser(description=__doc__)
for word, kind, usual in ("host", str, None), ("port", int, None), ("device", str, None), ("count", int, 60), ("between", float, 1.0):
    parser.add_argument(word, type=kind, default=usual, nargs="?" if usual else None)
args = parser.parse_args()
ID, RING, REPEAT_EVERY, LINGER = args.device.encode(), 10_000, 0.005, 3
if not (1 <= len(ID) <= 64 and 1 <= args.port <= 65535 and args.count >= 1 and 0 < args.between < math.inf):
    parser.error("DEVICE has 1 to 64 bytes, PORT is 1 to 65535, COUNT and SECONDS BETWEEN are above 0")
udp = socket.socket(socket.AF_INET6 if ":" in args.host else socket.AF_INET, socket.SOCK_DGRAM)
try:
    udp.connect((args.host, args.port))  # nobody but the collector is heard
    with open(args.device + ".epoch", "a+") as file:  # every start adds a line; it is on the disk before the epoch is used
        file.seek(0); EPOCH = 1 + max(map(int, file.read().split()), default=0)
        if not 1 <= EPOCH < 1 << 32: raise ValueError(f"{EPOCH} is no epoch")
        print(EPOCH, file=file, flush=True)
        os.fsync(file.fileno())
except (OSError, ValueError) as error: parser.exit(1, f"to {args.host} port {args.port}, epoch in {args.device}.epoch: {error}\n")
ring, wanted, number, ends = {}, set(), 0, 0  # what was sent; numbers to send again; the next number; how often the end was told
def stop(which, _): args.count = number; signal.signal(which, signal.SIG_DFL)  # no further number; a second Ctrl-C ends it at once
for each in (signal.SIGINT, signal.SIGTERM): signal.signal(each, stop)

def say(kind, sequence, entries, body, epoch=EPOCH):
    datagram = struct.pack(">2sBBBBHIQq", b"LC", 1, kind, 0, len(ID), entries, epoch, sequence, time.time_ns() // 1000) + ID + body
    with suppress(OSError): udp.send(datagram)  # the collector is down: it will ask for this later
    return datagram

def hear(nack):
    if len(nack) < 28 + len(ID) or nack[:4] != b"LC\x01\x04" or nack[28:28 + nack[5]] != ID: return
    entries, epoch = struct.unpack_from(">HI", nack, 6)
    held = max(0, number - RING) if epoch == EPOCH else 1 << 63  # nothing of a former epoch
    for at in range(28 + len(ID), min(len(nack) - 15, 28 + len(ID) + 16 * entries), 16):
        first, last = struct.unpack_from(">QQ", nack, at)
        if first < held: say(5, number if epoch == EPOCH else 0, 1, struct.pack(">QQ", first, min(last, held - 1)), epoch)  # GONE
        wanted.update(range(max(first, held), min(last + 1, number)))
        if epoch == EPOCH and last >= number: say(2, number, 0, b"")  # HEARTBEAT: never used

due = describe = repeat = spoke = quiet = now = time.monotonic()
while number < args.count or now < quiet + LINGER:
    if number < args.count and now >= describe:
        describe = now + 30
        say(3, number, 1, struct.pack(">HBB", 1, 11, 3) + b"temperatureCel")  # DESCRIBE: channel 1
    if number < args.count and now >= due:
        ring.pop(number - RING, None), wanted.discard(number - RING)  # GONE, should it be asked for once more
        ring[number] = say(1, number, 1, struct.pack(">HBBif", 1, 1, 0, 0, 20 + number % 10))  # DATA: float32
        number, due, spoke, quiet = number + 1, due + args.between, now, now
    while number >= args.count and ends < 3: ends += 1; say(2, number, 1, struct.pack(">I", 0xFFFFFFFF))  # HEARTBEAT: the end
    if number < args.count and now >= spoke + 10: spoke = now; say(2, number, 0, b"")  # HEARTBEAT: a long pause
    if wanted and now >= repeat:
        repeat, again = now + REPEAT_EVERY, min(wanted); wanted.remove(again)
        with suppress(OSError): udp.send(ring[again])
    pause = min(REPEAT_EVERY if wanted else 0.05, max(0, due - now) if number < args.count else 1)
    if select.select([udp], [], [], pause)[0]:
        with suppress(OSError): hear(udp.recv(65536))
        quiet = time.monotonic()
    now = time.monotonic()
