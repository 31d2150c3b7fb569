"""Encryption of a submission: AES-GCM in frames under a key of its own; frames cannot be swapped, moved or cut off."""

import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.ingest.encryption_keys import fingerprint

FRAME = 1 << 20  # bytes of content in a frame; all but the last are full
_MAGIC = b"GANGSHAO2"
_FIRST_MAGIC = b"GANGSHAO1"  # one frame for the whole file, bound to the content hash
_FINGERPRINT_BYTES = 8
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16


class SealError(Exception):
    """The file was sealed with another key (``is_other_key``), or it is damaged."""

    def __init__(self, is_other_key: bool) -> None:
        super().__init__("sealed with another key" if is_other_key else "damaged")
        self.is_other_key = is_other_key


def encrypt(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a sealed file: a header, then a frame for each chunk; all chunks but the last hold ``FRAME`` bytes.

    The key of the file is derived from ``key`` and a random salt (HKDF-SHA256, RFC 5869), so a nonce need only be
    unique within the file: it is the number of the frame and whether it is the last one. The header is bound to all.
    """
    header = _MAGIC + fingerprint(key) + secrets.token_bytes(_SALT_BYTES)
    yield header
    cipher = _cipher(key, header)
    number, before = 0, b""
    for chunk in chunks:
        if number or before:
            yield cipher.encrypt(_nonce(number, is_last=False), before, header)
            number += 1
        before = chunk
    yield cipher.encrypt(_nonce(number, is_last=True), before, header)


def decrypt(key: bytes, file: BinaryIO, content_hash: str) -> Iterator[bytes]:
    """The content of a sealed file, chunk by chunk. Raises SealError; what came before it was not tampered with.

    ``content_hash`` binds files of the first format only; the caller compares the hash of all chunks anyway.
    """
    magic, told = file.read(len(_MAGIC)), file.read(_FINGERPRINT_BYTES)
    if magic not in (_MAGIC, _FIRST_MAGIC) or told != fingerprint(key):
        raise SealError(is_other_key=True)
    try:
        if magic == _FIRST_MAGIC:
            nonce = file.read(_NONCE_BYTES)
            yield AESGCM(key).decrypt(nonce, file.read(), content_hash.encode())
            return
        header = magic + told + file.read(_SALT_BYTES)
        cipher = _cipher(key, header)
        number, frame = 0, file.read(FRAME + _TAG_BYTES)
        while True:
            following = file.read(FRAME + _TAG_BYTES)
            yield cipher.decrypt(_nonce(number, is_last=not following), frame, header)
            if not following:
                return
            number, frame = number + 1, following
    except (InvalidTag, ValueError) as error:
        raise SealError(is_other_key=False) from error


def _cipher(key: bytes, header: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), len(key), salt=header[-_SALT_BYTES:], info=_MAGIC).derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])
