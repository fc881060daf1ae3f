"""Bytes that show any loss, repetition or exchange on their way, made anew from
a number wherever they are compared."""
import hashlib
import os
import random
import socket

BLOCK = os.urandom(1 << 20)


class Stream:
    """Random bytes that no shift or repetition leaves the same: blocks that
    start at a place of their own and carry their number."""

    def __init__(self, seed, length):
        self.left = length
        self.number = 0
        self.dice = random.Random(seed)
        self.sent = hashlib.sha256()

    def piece(self):
        """The next bytes, b"" at the end."""
        start = self.dice.randrange(len(BLOCK) // 2)
        piece = (self.number.to_bytes(8, "big")
                 + BLOCK[start:start + 262144])[:self.left]
        self.sent.update(piece)
        self.left -= len(piece)
        self.number += 1
        return piece

    def send(self, end):
        while self.left:
            end.sendall(self.piece())
        end.shutdown(socket.SHUT_WR)


def digest(seed, length):
    """The SHA-256 in hex of a stream's first bytes."""
    stream = Stream(seed, length)
    while stream.left:
        stream.piece()
    return stream.sent.hexdigest()
