"""What a bad server does, one function each, and what taupe must make of it.

@fails(code, ...): taupe names one of these errors. @carries_on: other connections
still work, the link stays up. @may_fail(code, ...): one or the other, as the RFCs
leave it open.
"""
import os
import select
import socket

from hostile import wire
from hostile.wire import message, string, u32

SCENARIOS = {}
ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\nfake: line\u202e"
LOST = ("link_lost", "disconnected_by_server", "protocol_error")
LATE = ("timeout", "connect_timeout", "link_lost")


def _register(kind, codes, options):
    def keep(function):
        function.kind = kind
        function.codes = codes
        function.options = options
        SCENARIOS[function.__name__] = function
        return function
    return keep


def fails(*codes, **options):
    return _register("fails", codes, options)


def may_fail(*codes):
    return _register("may_fail", codes, {})


def carries_on(function):
    return _register("carries_on", (), {})(function)


def stall(session):
    """Takes what comes and says nothing more."""
    while session.socket.recv(65536):
        pass


def freeze(session):
    """Does not even read; ends when the other side or the test does."""
    poll = select.poll()
    poll.register(session.socket, select.POLLRDHUP)
    poll.poll(120000)


# Before the keys.

@fails("protocol_error")
def garbage_for_a_version(session):
    session.raw(os.urandom(100000).replace(b"\n", b"x"))
    stall(session)


@fails("protocol_error")
def endless_lines_before_the_version(session):
    while True:
        session.raw(b"Welcome to the machine.\r\n" * 100)


@fails("protocol_error")
def version_without_an_end(session):
    session.raw(b"SSH-2.0-" + b"x" * 100000)
    stall(session)


@fails("protocol_error")
def version_of_1995(session):
    session.raw(b"SSH-1.5-OldServer\r\n")
    stall(session)


@fails("protocol_error")
def version_with_a_nul(session):
    session.raw(b"SSH-2.0-a\0b\r\n")
    stall(session)


@fails(*LATE)
def says_nothing(session):
    stall(session)


@fails(*LOST, "connect_refused")
def closes_at_once(session):
    session.socket.close()


@fails(*LATE)
def stalls_after_the_version(session):
    session.versions()
    stall(session)


@fails(*LOST)
def closes_after_the_version(session):
    session.versions()
    session.socket.shutdown(socket.SHUT_RDWR)


@fails("protocol_error")
def length_of_four_gib(session):
    session.versions()
    session.raw(b"\xff" * 64)
    stall(session)


@fails("protocol_error")
def length_of_zero(session):
    session.versions()
    session.raw(b"\0" * 64)
    stall(session)


@fails("protocol_error")
def padding_beyond_the_packet(session):
    session.versions()
    session.raw(u32(12) + b"\xff" + b"\x14" * 11)
    stall(session)


@fails(*LATE)
def stalls_in_a_packet(session):
    session.versions()
    session.raw(session.packet(session.offer())[:100])
    stall(session)


@fails("protocol_error")
def kexinit_of_noise(session):
    session.versions()
    session.send(bytes([wire.KEXINIT]) + os.urandom(400))
    stall(session)


@fails("protocol_error")
def kexinit_cut_short(session):
    session.versions()
    session.send(session.offer()[:60])
    stall(session)


@fails("protocol_error")
def kexinit_with_a_lying_length(session):
    session.versions()
    session.send(bytes([wire.KEXINIT]) + os.urandom(16) + b"\xff" * 4
                 + b"curve25519-sha256")
    stall(session)


@fails("protocol_error", "no_common_algorithm")
def kexinit_with_huge_lists(session):
    session.versions()
    session.send(session.offer(kex=",".join(
        f"kex-{n}@evil.example" for n in range(1500))))
    stall(session)


@fails("protocol_error", "no_common_algorithm")
def kexinit_with_an_empty_list(session):
    session.versions()
    session.send(session.offer(kex=""))
    stall(session)


@fails("no_common_algorithm")
def nothing_in_common(session):
    session.versions()
    session.send(session.offer(cipher="3des-cbc"))
    stall(session)


@fails("no_common_algorithm")
def nothing_in_common_that_clears_the_screen(session):
    session.versions()
    session.send(session.offer(cipher="3des-cbc," + ESCAPES))
    stall(session)


@fails(*LATE)
def stalls_after_kexinit(session):
    session.versions()
    session.kexinit()
    stall(session)


@fails("protocol_error")
def something_else_before_kexinit(session):
    session.versions()
    session.send(wire.SERVICE_ACCEPT, "ssh-userauth")
    stall(session)


@fails("protocol_error")
def ignore_before_kexinit_in_strict_kex(session):
    """Terrapin's first half."""
    session.versions()
    session.send(wire.IGNORE, "x")
    session.kexinit()
    stall(session)


@fails("protocol_error")
def ignore_within_strict_kex(session):
    session.versions()
    session.kexinit()
    session.send(wire.IGNORE, "x")
    session.reply()
    session.newkeys()
    stall(session)


@fails("protocol_error")
def debug_before_newkeys_in_strict_kex(session):
    session.versions()
    session.kexinit()
    session.reply()
    session.send(wire.DEBUG, False, "x", "")
    session.newkeys()
    stall(session)


@fails("protocol_error")
def newkeys_too_early(session):
    session.versions()
    session.kexinit()
    session.send(wire.NEWKEYS)
    stall(session)


@fails("disconnected_by_server")
def disconnects_within_kex(session):
    session.versions()
    session.kexinit()
    session.send(wire.DISCONNECT, 2, ESCAPES, "")
    stall(session)


@fails("bad_signature", "host_key_invalid")
def signature_that_is_wrong(session):
    session.versions()
    session.kexinit()
    session.reply(signature=string("ssh-ed25519") + string(bytes(64)))
    stall(session)


@fails("bad_signature", "host_key_invalid", "protocol_error")
def signature_of_another_algorithm(session):
    session.versions()
    session.kexinit()
    session.reply(signature=string("ssh-rsa") + string(bytes(256)))
    stall(session)


@fails("protocol_error", "crypto_failed", "host_key_invalid", "bad_signature")
def point_of_zeroes(session):
    session.versions()
    session.kexinit()
    session.reply(point=bytes(32))
    stall(session)


@fails("protocol_error", "crypto_failed", "host_key_invalid", "bad_signature")
def point_too_short(session):
    session.versions()
    session.kexinit()
    session.reply(point=b"\1")
    stall(session)


@fails("protocol_error", "host_key_invalid", "bad_signature")
def host_key_of_noise(session):
    session.versions()
    session.kexinit()
    session.reply(blob=string("ssh-ed25519") + b"\xff" * 20)
    stall(session)


@fails("protocol_error", "host_key_invalid", "bad_signature")
def host_key_of_another_type(session):
    session.versions()
    session.kexinit()
    session.reply(blob=string("ssh-rsa") + string(b"\3") + string(b"\1" * 256))
    stall(session)


# With keys, before the user is in.

def spoil(session, payload, at):
    """Sends a sealed packet with one bit turned over."""
    packet = bytearray(session.sealed(payload))
    packet[at] ^= 1
    session.raw(bytes(packet))


@fails("integrity_failed")
def tag_that_is_wrong(session):
    session.handshake()
    spoil(session, message(wire.IGNORE, "x" * 100), -1)
    stall(session)


@fails("integrity_failed", suite="ctr")
def mac_that_is_wrong(session):
    session.handshake()
    spoil(session, message(wire.IGNORE, "x" * 100), -1)
    stall(session)


@fails("integrity_failed", "protocol_error", suite="ctr")
def body_that_is_wrong(session):
    session.handshake()
    spoil(session, message(wire.IGNORE, "x" * 100), 20)
    stall(session)


@fails("integrity_failed", suite="ctr")
def sequence_not_reset(session):
    session.versions()
    session.kexinit()
    session.reply()
    session.newkeys(reset=False)
    session.send(wire.IGNORE, "x")
    stall(session)


@fails("integrity_failed", suite="ctr")
def sequence_that_jumps(session):
    session.handshake()
    session.sends += 1
    session.send(wire.IGNORE, "x")
    stall(session)


@fails("protocol_error", "integrity_failed")
def sealed_length_of_four_gib(session):
    session.handshake()
    session.raw(b"\xff" * 100)
    stall(session)


@fails("protocol_error", "integrity_failed")
def sealed_length_off_the_block(session):
    session.handshake()
    session.raw(u32(33) + bytes(100))
    stall(session)


@fails("protocol_error", "integrity_failed", suite="ctr")
def encrypted_noise(session):
    session.handshake()
    session.raw(os.urandom(4096))
    stall(session)


@fails(*LATE)
def stalls_in_a_sealed_packet(session):
    session.handshake()
    session.raw(session.sealed(message(wire.IGNORE, "x" * 1000))[:500])
    stall(session)


@fails(*LATE)
def never_accepts_the_service(session):
    session.handshake()
    stall(session)


@fails("protocol_error")
def accepts_another_service(session):
    session.handshake()
    session.expect(wire.SERVICE_REQUEST)
    session.send(wire.SERVICE_ACCEPT, "ssh-connection")
    stall(session)


@fails("protocol_error")
def channel_before_the_user_is_in(session):
    session.handshake()
    session.service()
    session.send(wire.OPEN, "forwarded-tcpip", 0, 1000, 1000, "", 1, "", 1)
    stall(session)


@fails("protocol_error", "limit_reached", "auth_failed", *LATE)
def endless_banners(session):
    session.handshake()
    session.service()
    while True:
        session.send(wire.AUTH_BANNER, ESCAPES * 100, "")


def ask_for_ever(session, prompts):
    session.handshake()
    session.service()
    while True:
        request = wire.Reader(session.expect(wire.AUTH_REQUEST)[1:])
        request.string(), request.string()
        if request.string() == b"keyboard-interactive":
            break
        session.send(wire.AUTH_FAILURE, "keyboard-interactive", False)
    while True:
        session.send(wire.INFO_REQUEST, "", "", "", prompts)
        session.expect(wire.INFO_RESPONSE)


@fails("protocol_error", "limit_reached", "auth_failed", "need_input", *LATE)
def endless_rounds_of_no_question(session):
    ask_for_ever(session, 0)


@fails("protocol_error", "limit_reached", "auth_failed", "need_input")
def four_thousand_million_questions(session):
    ask_for_ever(session, 0xffffffff)


@fails("protocol_error", "limit_reached", "auth_failed", "need_input", *LATE)
def endless_partial_success(session):
    session.handshake()
    session.service()
    while True:
        session.expect(wire.AUTH_REQUEST)
        session.send(wire.AUTH_FAILURE, "publickey", True)


@fails("protocol_error", "auth_failed")
def failure_with_a_lying_list(session):
    session.handshake()
    session.service()
    session.expect(wire.AUTH_REQUEST)
    session.send(wire.AUTH_FAILURE, b"\xff\xff\xff\xffpublickey")
    stall(session)


@fails("disconnected_by_server")
def disconnects_at_the_login(session):
    session.handshake()
    session.service()
    session.expect(wire.AUTH_REQUEST)
    session.send(wire.DISCONNECT, 14, ESCAPES, "")
    stall(session)


# With the user in.

@fails("protocol_error")
def data_on_a_channel_that_never_was(session):
    session.admit()
    session.send(wire.DATA, 77777, string(b"boo"))
    stall(session)


@fails("protocol_error")
def confirmation_that_nobody_waits_for(session):
    session.admit()
    session.send(wire.OPEN_CONFIRMATION, 4242, 0, 1000, 1000)
    stall(session)


@fails("protocol_error")
def second_confirmation(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.OPEN_CONFIRMATION, number, number, 1000, 1000)
    stall(session)


@may_fail("protocol_error")
def more_than_the_window(session):
    session.admit()
    number = session.open_channel()
    for _ in range(4096):
        session.send(wire.DATA, number, string(bytes(32768)))
    session.serve()


@fails("protocol_error")
def window_beyond_four_gib(session):
    session.admit()
    number = session.open_channel()
    for _ in range(3):
        session.send(wire.WINDOW_ADJUST, number, 0xffffffff)
    stall(session)


@may_fail("protocol_error")
def data_after_the_end(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.EOF, number)
    session.send(wire.DATA, number, string(b"one more thing"))
    session.serve()


@may_fail("protocol_error")
def data_after_close(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.CLOSE, number)
    session.send(wire.DATA, number, string(b"one more thing"))
    session.serve()


@may_fail("protocol_error")
def close_twice(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.CLOSE, number)
    session.send(wire.CLOSE, number)
    session.send(wire.CLOSE, number)
    session.serve()


@fails("protocol_error")
def data_with_a_lying_length(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.DATA, number, b"\xff\xff\xff\xffshort")
    stall(session)


@fails("disconnected_by_server")
def disconnects_with_escapes(session):
    session.admit()
    session.open_channel()
    session.send(wire.DISCONNECT, 11, ESCAPES, "")
    stall(session)


@fails("link_lost")
def falls_at_each_opening(session):
    session.admit()
    session.expect(wire.OPEN)


@fails("link_lost")
def stops_answering(session):
    session.admit()
    session.open_channel()
    stall(session)


@fails("link_lost")
def stops_reading(session):
    session.admit()
    session.open_channel()
    freeze(session)


@fails(*LATE, "protocol_error")
def rekey_that_never_ends(session):
    session.admit()
    session.send(session.offer())
    stall(session)


@carries_on
def good_server(session):
    session.admit()
    session.serve()


@carries_on
def forwarded_that_was_never_asked_for(session):
    session.admit()
    for number in range(1000):
        session.send(wire.OPEN, "forwarded-tcpip", number, 1000, 1000,
                     "10.0.0.1", 80, "6.6.6.6", 6)
    session.serve()


@carries_on
def flood_of_channels(session):
    session.admit()
    for number in range(5000):
        session.send(wire.OPEN, ("session", "x11", "auth-agent@openssh.com",
                                 ESCAPES)[number % 4], number, 1000, 1000)
    session.serve()


@carries_on
def messages_of_no_kind(session):
    session.admit()
    for kind in (140, 200, 210, 255):
        session.send(message(kind) + os.urandom(100))
    session.serve()


@carries_on
def flood_of_ignore_and_debug(session):
    session.admit()
    for _ in range(3000):
        session.send(wire.IGNORE, "x" * 1000)
        session.send(wire.DEBUG, True, ESCAPES, "")
    session.serve()


@carries_on
def requests_of_no_kind(session):
    session.admit()
    for _ in range(1000):
        session.send(wire.GLOBAL_REQUEST, "mole@evil.example", True)
        session.send(wire.GLOBAL_REQUEST, ESCAPES, False)
    session.serve()


@carries_on
def close_without_eof(session):
    session.admit()
    number = session.open_channel()
    session.send(wire.DATA, number, string(b"half"))
    session.closed.add(number)
    session.send(wire.CLOSE, number)
    session.serve()


@carries_on
def refusal_with_escapes(session):
    session.admit()
    while True:
        payload = session.receive()
        if payload[0] == wire.OPEN:
            break
        session.handle(payload)
    reader = wire.Reader(payload[1:])
    reader.string()
    session.send(wire.OPEN_FAILURE, reader.u32(), 2, ESCAPES, "")
    session.serve()


@carries_on
def never_answers_global_requests(session):
    session.on_global = lambda name, wants_reply, reader: (
        session.send(wire.REQUEST_FAILURE)
        if wants_reply and name != b"tcpip-forward" else None)
    session.admit()
    session.serve()


@carries_on
def requests_on_a_channel(session):
    session.admit()
    number = session.open_channel()
    for _ in range(100):
        session.send(wire.CHANNEL_REQUEST, number, "exit-status", False, 1)
        session.send(wire.CHANNEL_REQUEST, number, ESCAPES, True)
        session.send(wire.EXTENDED_DATA, number, 1, string(b"stderr"))
    session.serve()


@carries_on
def rekeys_all_the_time(session):
    session.admit()
    for _ in range(20):
        session.ours = session.offer()
        session.send(session.ours)
        before = []
        while (payload := session.receive())[0] != wire.KEXINIT:
            before.append(payload)
        session.theirs = payload
        session.reply()
        session.newkeys()
        for payload in before:
            session.handle(payload)
    session.serve()
