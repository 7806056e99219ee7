"""SM4-ECB over the whole blocks of a data area (HJ 212-2025 clause 6.4, annex A.2): no padding, the remainder stays plain.

The only door to `cryptography`, which need not be installed (Debian: python3-cryptography).
"""

import re

BLOCK = 16
"""Bytes of an SM4 block and key."""


class NoCryptography(Exception):
    """The library is not installed; the text says what to do."""

    def __init__(self) -> None:
        super().__init__("SM4 needs the Python package cryptography; install python3-cryptography or shanshui-station[sm4]")


def key_from(text: str) -> bytes:
    """The key in `text`: 16 characters, or 32 hexadecimal digits. Raises ValueError."""
    if re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        return bytes.fromhex(text)
    key = text.encode()
    if len(key) != BLOCK:
        raise ValueError("an SM4 key has 16 characters, or 32 hexadecimal digits")
    return key


class Sm4:
    """Encrypts and decrypts data areas with one key. Raises NoCryptography when it is made without the library."""

    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        except ImportError:
            raise NoCryptography from None
        self._cipher = Cipher(algorithms.SM4(key), modes.ECB())

    def encrypt(self, content: bytes) -> bytes:
        """The data area for the wire, as long as its plaintext."""
        whole = len(content) // BLOCK * BLOCK
        return bytes(self._cipher.encryptor().update(content[:whole])) + content[whole:]

    def decrypt(self, content: bytes) -> bytes:
        """The plaintext of a data area."""
        whole = len(content) // BLOCK * BLOCK
        return bytes(self._cipher.decryptor().update(content[:whole])) + content[whole:]
