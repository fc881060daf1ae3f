"""SSH's data types (RFC 4251 §5), to write and to read."""
import struct

DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG = 1, 2, 3, 4
SERVICE_REQUEST, SERVICE_ACCEPT = 5, 6
KEXINIT, NEWKEYS, ECDH_INIT, ECDH_REPLY = 20, 21, 30, 31
AUTH_REQUEST, AUTH_FAILURE, AUTH_SUCCESS, AUTH_BANNER = 50, 51, 52, 53
INFO_REQUEST, INFO_RESPONSE = 60, 61
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = 80, 81, 82
OPEN, OPEN_CONFIRMATION, OPEN_FAILURE = 90, 91, 92
WINDOW_ADJUST, DATA, EXTENDED_DATA, EOF, CLOSE = 93, 94, 95, 96, 97
CHANNEL_REQUEST, CHANNEL_SUCCESS, CHANNEL_FAILURE = 98, 99, 100
PING, PONG = 192, 193


def u32(number):
    return struct.pack(">I", number & 0xffffffff)


def string(data):
    if isinstance(data, str):
        data = data.encode()
    return u32(len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big")
                  if number else b"")


def message(kind, *parts):
    """A message of raw bytes, strings (str) and numbers (uint32, bool)."""
    out = bytes([kind])
    for part in parts:
        if isinstance(part, bool):
            out += bytes([part])
        elif isinstance(part, int):
            out += u32(part)
        elif isinstance(part, str):
            out += string(part)
        else:
            out += part
    return out


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        assert count <= len(self.data), "short message"
        out, self.data = self.data[:count], self.data[count:]
        return out

    def u8(self):
        return self.take(1)[0]

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def string(self):
        return self.take(self.u32())
