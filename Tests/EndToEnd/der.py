"""Certificates that nobody has signed, and keys that nobody has, byte by byte."""

import base64
import secrets

BOOLEAN, INTEGER, BITS, BYTES, NULL, OBJECT, TEXT, SEQUENCE, SET, TIME = (
    1, 2, 3, 4, 5, 6, 12, 0x30, 0x31, 0x17)
COMMON_NAME, CONSTRAINTS = bytes.fromhex("550403"), bytes.fromhex("551d13")
RSA, RSA_SHA256 = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010b")


def value(tag, *parts):
    body = b"".join(parts)
    length = len(body)
    size = b"" if length < 128 else length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size) if size else length]) + size + body


def integer(number):
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def name(text):
    return value(SEQUENCE, value(SET, value(
        SEQUENCE, value(OBJECT, COMMON_NAME), value(TEXT, text.encode()))))


def rsa_key(modulus, exponent):
    algorithm = value(SEQUENCE, value(OBJECT, RSA), value(NULL))
    return value(SEQUENCE, algorithm, value(
        BITS, b"\0", value(SEQUENCE, integer(modulus), integer(exponent))))


def certificate(subject, issuer, key, signature, is_authority):
    """In PEM; an authority's has expired, so that others of its name are tried too."""
    algorithm = value(SEQUENCE, value(OBJECT, RSA_SHA256), value(NULL))
    times = value(SEQUENCE, value(TIME, b"200101000000Z"),
                  value(TIME, b"210101000000Z" if is_authority else b"400101000000Z"))
    constraints = value(SEQUENCE, value(BOOLEAN, b"\xff") if is_authority else b"")
    extension = value(SEQUENCE, value(OBJECT, CONSTRAINTS), value(BYTES, constraints))
    body = value(
        SEQUENCE, value(0xA0, integer(2)), integer(secrets.randbits(32)), algorithm, name(issuer),
        times, name(subject), key, value(0xA3, value(SEQUENCE, extension)))
    whole = value(SEQUENCE, body, algorithm, value(BITS, b"\0", signature))
    return (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(whole)
            + b"-----END CERTIFICATE-----\n")
