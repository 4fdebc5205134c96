#!/usr/bin/env python3
"""A sender that answers NACKs. Standard library only: python3 sender.py HOST PORT DEVICE [COUNT] [SECONDS BETWEEN]; its epoch is in DEVICE.epoch"""
import os, select, socket, struct, sys, time
from contextlib import suppress

HOST, PORT, NAME, COUNT, BETWEEN = (sys.argv[1:] + ["60", "1"][len(sys.argv) - 4:])[:5]
ID, RING, REPEAT_EVERY, LINGER = NAME.encode(), 10_000, 0.005, 3

def next_epoch(path):
    """Every start adds a line; it is on the disk before the epoch is used."""
    with open(path, "a+") as file:
        file.seek(0)
        epoch = 1 + max(map(int, file.read().split()), default=0)
        print(epoch, file=file, flush=True)
        os.fsync(file.fileno())
    return epoch
EPOCH = next_epoch(NAME + ".epoch")
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect((HOST, int(PORT)))  # nobody but the collector is heard
ring, wanted, number = {}, {}, 0  # what was sent; numbers to send again, in order; the next number

def datagram(kind, sequence, entries, body, epoch=EPOCH):
    now = time.time_ns() // 1000
    return struct.pack(">2sBBBBHIQq", b"LC", 1, kind, 0, len(ID), entries, epoch, sequence, now) + ID + body

def send(data):
    with suppress(OSError):  # the collector is down: it will ask for this later
        udp.send(data)

def hear(nack):
    if len(nack) < 28 + len(ID) or nack[:4] != b"LC\x01\x04" or nack[28:28 + nack[5]] != ID:
        return
    entries, epoch = struct.unpack_from(">HI", nack, 6)
    mine = epoch == EPOCH
    held = max(0, number - RING) if mine else 1 << 63  # nothing of a former epoch
    for first, last in struct.iter_unpack(">QQ", nack[28 + len(ID):28 + len(ID) + 16 * entries]):
        if first < held:
            send(datagram(5, number if mine else 0, 1, struct.pack(">QQ", first, min(last, held - 1)), epoch))  # GONE
        wanted.update(dict.fromkeys(range(max(first, held), min(last + 1, number))))
        if mine and last >= number:
            send(datagram(2, number, 0, b""))  # HEARTBEAT: never used

send(datagram(3, 0, 1, struct.pack(">HBB", 1, 11, 3) + b"temperatureCel"))  # DESCRIBE: channel 1
due = quiet = time.monotonic()
while number < int(COUNT) or time.monotonic() < quiet + LINGER:
    if number < int(COUNT) and time.monotonic() >= due:
        ring[number] = datagram(1, number, 1, struct.pack(">HBBif", 1, 1, 0, 0, 20 + number % 10))  # DATA: float32
        ring.pop(number - RING, None)
        send(ring[number])
        number, due, quiet = number + 1, due + float(BETWEEN), time.monotonic()
        for _ in range(3 if number == int(COUNT) else 0):
            send(datagram(2, number, 1, struct.pack(">I", 0xFFFFFFFF)))  # HEARTBEAT: the end
    for again in list(wanted)[:1]:
        del wanted[again]
        send(ring.get(again, b""))
    if select.select([udp], [], [], REPEAT_EVERY if wanted else min(0.05, float(BETWEEN)))[0]:
        with suppress(OSError):
            hear(udp.recv(65536))
        quiet = time.monotonic()
