#!/usr/bin/env python3
"""A second verifier, written from docs/formats/ledger.md and nothing else, with hashlib alone.

It exists so that the format is what the document says, not what one program happens to do. It shares no code with the
Rust crate; the Ed25519 here is the arithmetic of RFC 8032, slow and plain.

    second_verifier.py export FILE KEYFILE          checks an export
    second_verifier.py receipt FILE KEYFILE [TEXT]  proves a receipt, and the printed text

Exit codes: 0 it is what was written, 1 it is not.
"""

import base64
import hashlib
import re
import sys


class Wrong(Exception):
    """What is not as it was written."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def need(condition, what):
    if not condition:
        raise Wrong(what)


# Ed25519 (RFC 8032, 5.1), in extended coordinates.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1, 1, 0)


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, d - c, d + c, y + x
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    result = IDENTITY
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point(data):
    need(len(data) == 32, "a point has 32 bytes")
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    need(y < P, "a point is not in its one spelling")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0, "a point is not on the curve")
    need(x or not sign, "a point is not in its one spelling")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519(public, message, signature):
    """Strict: no points of small order, no second spelling of the number."""
    try:
        need(len(signature) == 64, "a signature has 64 bytes")
        a, r = point(public), point(signature[:32])
        s = int.from_bytes(signature[32:], "little")
        need(s < L, "the number is too large")
        need(not equal(times(8, a), IDENTITY) and not equal(times(8, r), IDENTITY), "small order")
        k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
        return equal(times(s, BASE), add(r, times(k, a)))
    except Wrong:
        return False


# Spellings.


def number(text, low, high):
    need(re.fullmatch(r"0|-?[1-9][0-9]*", text, re.ASCII), f"not a number in its one spelling: {text!r}")
    value = int(text)
    need(low <= value <= high, f"a number out of range: {text}")
    return value


def unbase64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Wrong(f"not base64: {text!r}") from error
    need(base64.b64encode(data).decode() == text, f"base64 in another spelling: {text!r}")
    return data


def unhex(text):
    need(re.fullmatch(r"[0-9a-f]{64}", text, re.ASCII), f"not a hash: {text!r}")
    return bytes.fromhex(text)


# Chain and tree.


def chain(previous, sequence, at_micros, version, actor, kind, payload):
    fields = b"".join(len(field).to_bytes(8, "big") + field for field in (actor, kind, payload))
    return sha256(
        b"rejoin event 1\0",
        previous,
        sequence.to_bytes(8, "big"),
        at_micros.to_bytes(8, "big", signed=True),
        version.to_bytes(2, "big"),
        fields,
    )


def leaf(data):
    return sha256(b"\0", data)


def tree(leaves):
    """The definition in RFC 9162, 2.1.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1", tree(leaves[:k]), tree(leaves[k:]))


def root_of_path(hash_, index, size, path):
    """The root that the path leads to; recursive, as the path is defined in RFC 9162, 2.1.3.1."""
    if size == 1:
        need(not path, "the path is too long")
        return hash_
    need(path, "the path is too short")
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        return sha256(b"\1", root_of_path(hash_, index, k, path[:-1]), path[-1])
    return sha256(b"\1", path[-1], root_of_path(hash_, index - k, size - k, path[:-1]))


# Keys and notes.


def read_key(text):
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(.*)", text)
    need(match, f"not a key: {text!r}")
    name, identifier, material = match[1], bytes.fromhex(match[2]), unbase64(match[3])
    need(len(material) == 33 and material[0] == 1, "not an Ed25519 key")
    need(sha256(name.encode(), b"\n", material)[:4] == identifier, "the id is not that of the key")
    return name, identifier, material[1:]


def open_checkpoint(note, keys, all_known):
    """(origin, size, root, head) of a signed checkpoint."""
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "control characters in a note")
    body, separator, signatures = note.rpartition("\n\n")
    need(separator and signatures.endswith("\n"), "not a signed note")
    body += "\n"
    signers, seen = set(), set()
    for line in signatures[:-1].split("\n"):
        match = re.fullmatch(r"— ([^+\s]+) (\S+)", line)
        need(match, f"not a signature line: {line!r}")
        name, data = match[1], unbase64(match[2])
        need(len(data) > 4, "a signature is too short")
        known = [key for key in keys if key[:2] == (name, data[:4])]
        need(known or not all_known, f"a signature by a key that is not named: {name}")
        need(not all_known or (name, data[:4]) not in seen, "a key signs twice")
        seen.add((name, data[:4]))
        if known:
            need(any(ed25519(key[2], body.encode(), data[4:]) for key in known), f"a false signature of {name}")
            signers.add(name)
    lines = body[:-1].split("\n")
    need(len(lines) == 4 and lines[0] and lines[3].startswith("head "), "not a checkpoint")
    need(lines[0] in signers, f"no known key of {lines[0]} signed")
    root = unbase64(lines[2])
    need(len(root) == 32, "the root is no hash")
    return lines[0], number(lines[1], 0, 2**64 - 1), root, unhex(lines[3][5:])


# The export.


def verify_export(data, held):
    need(data.endswith(b"\n"), "the last line has no end")
    try:
        lines = data[:-1].decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Wrong(str(error)) from error
    need(lines[0] == "rejoin ledger export 1", "not an export")
    at = 1
    keys, checkpoints = [], []
    while at < len(lines) and lines[at].startswith("key "):
        key = read_key(lines[at][4:])
        need(key in held, "a key that is not held")
        need(key not in keys, "a key named twice")
        keys.append(key)
        at += 1
    need(keys, "no key")
    while at < len(lines) and lines[at] == "checkpoint":
        end = at + 6
        while end < len(lines) and lines[end].startswith("—"):
            end += 1
        need(end - at > 6, "a checkpoint without signature")
        checkpoints.append(open_checkpoint("\n".join(lines[at + 1 : end]) + "\n", keys, True))
        if len(checkpoints) > 1:
            before, now = checkpoints[-2:]
            need(before[0] == now[0] and before[1] < now[1], "checkpoints out of order")
        at = end
    need(checkpoints, "no checkpoint")
    sizes = {checkpoint[1]: checkpoint for checkpoint in checkpoints}
    head, leaves = bytes(32), []

    def compare():
        if len(leaves) in sizes:
            _, size, root, signed = sizes[len(leaves)]
            need((root, signed) == (tree(leaves), head), f"events up to {size} are not those that were signed")

    compare()
    while at < len(lines) and lines[at].startswith("event "):
        sequence = len(leaves) + 1
        try:
            fields = lines[at].split(" ")
            need(len(fields) == 8, "an event has seven fields")
            need(number(fields[1], 1, 2**64 - 1) == sequence, "out of sequence")
            at_micros = number(fields[2], -(2**63), 2**63 - 1)
            version = number(fields[3], 0, 2**16 - 1)
            actor, payload = unbase64(fields[4]), unbase64(fields[6])
            actor.decode("utf-8")
            need(re.fullmatch(r"[!-~]+", fields[5]), "the kind is not visible ASCII")
            head = chain(head, sequence, at_micros, version, actor, fields[5].encode(), payload)
            need(unhex(fields[7]) == head, "not what was written")
        except (Wrong, UnicodeDecodeError) as error:
            raise Wrong(f"line {at + 1}, event {sequence}: {error}") from error
        leaves.append(leaf(head))
        need(sequence <= checkpoints[-1][1], "an event that nothing vouches for")
        compare()
        at += 1
    need(at < len(lines) and lines[at] == f"end {len(leaves)}", f"line {at + 1}: neither an event nor the end")
    need(at + 1 == len(lines), "lines after the end")
    need(checkpoints[-1][1] == len(leaves), "fewer events than were signed")
    print(f"events {len(leaves)}\nroot {tree(leaves).hex()}\nhead {head.hex()}")


# The receipt.

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def unbase45(text):
    data = bytearray()
    for start in range(0, len(text), 3):
        digits = text[start : start + 3]
        need(len(digits) > 1 and all(digit in ALPHABET for digit in digits), "not base45")
        value = sum(ALPHABET.index(digit) * 45**place for place, digit in enumerate(digits))
        need(value < (65536 if len(digits) == 3 else 256), "not base45")
        data += value.to_bytes(len(digits) - 1, "big")
    return bytes(data)


class Bytes:
    """Bytes still to be read."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(self.at + count <= len(self.data), "the receipt is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                need((byte or not shift) and value < 2**64, "a number in another spelling")
                return value
            shift += 7

    def text(self):
        try:
            return self.take(self.number()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(str(error)) from error


def verify_receipt(text, held, printed):
    need(text.startswith("RJ1:"), "not a receipt")
    data = Bytes(unbase45(text[4:]))
    need(data.take(1) == b"\1", "another version")
    code, nonce, statement = data.text(), data.take(16), data.take(32)
    sequence, at_micros = data.number(), int.from_bytes(data.take(8), "big", signed=True)
    actor, previous = data.text(), data.take(32)
    path = [data.take(32) for _ in range(data.number())]
    if data.take(1) == b"\0":
        note = data.text()
    else:
        origin, size, root, head = data.text(), data.number(), data.take(32), data.take(32)
        note = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\nhead {head.hex()}\n\n"
        for _ in range(data.number()):
            name = data.text() or origin
            note += f"— {name} {base64.b64encode(data.take(data.number())).decode()}\n"
    need(data.at == len(data.data), "bytes after the receipt")
    _, size, root, head = open_checkpoint(note, held, False)
    need(1 <= sequence <= size, "the checkpoint does not cover the event")
    length = len(code.encode()).to_bytes(8, "big")
    commitment = sha256(b"rejoin receipt 1\0", nonce, length, code.encode(), statement).hex()
    payload = f'{{"commitment":"{commitment}"}}'.encode()
    after = chain(previous, sequence, at_micros, 1, actor.encode(), b"receipt-issued", payload)
    need(root_of_path(leaf(after), sequence - 1, size, path) == root, "the event is not in the tree")
    need(sequence != size or after == head, "the event is not the last")
    if printed is not None:
        need(sha256(printed) == statement, "the printed text is another")
    print(f"sequence {sequence}\nsize {size}\nchain {after.hex()}")


def main(arguments):
    command, path, key_path = arguments[:3]
    with open(key_path, encoding="utf-8") as file:
        held = [read_key(line) for line in file.read().splitlines() if line]
    with open(path, "rb") as file:
        data = file.read()
    try:
        if command == "export":
            verify_export(data, held)
        else:
            printed = None
            if len(arguments) > 3:
                with open(arguments[3], "rb") as file:
                    printed = file.read()
            verify_receipt(data.decode("utf-8").rstrip("\n"), held, printed)
    except Wrong as error:
        print(f"not what was written: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
