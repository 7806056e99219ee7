"""SM4 in plain Python (GB/T 32907-2016), for the simulated host: slow, and nobody else's code."""

SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948"
)
FAMILY = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
ROUNDS = 32


def _left(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & 0xFFFFFFFF


def _substitute(word: int) -> int:
    return int.from_bytes(bytes(SBOX[byte] for byte in word.to_bytes(4, "big")), "big")


def round_keys(key: bytes) -> list[int]:
    """The 32 round keys of a key of 16 bytes."""
    words = [int.from_bytes(key[at : at + 4], "big") ^ family for at, family in zip(range(0, 16, 4), FAMILY, strict=True)]
    for number in range(ROUNDS):
        constant = int.from_bytes(bytes((4 * number + at) * 7 % 256 for at in range(4)), "big")
        mixed = _substitute(words[-3] ^ words[-2] ^ words[-1] ^ constant)
        words.append(words[-4] ^ mixed ^ _left(mixed, 13) ^ _left(mixed, 23))
    return words[4:]


def _block(data: bytes, keys: list[int]) -> bytes:
    words = [int.from_bytes(data[at : at + 4], "big") for at in range(0, 16, 4)]
    for key in keys:
        mixed = _substitute(words[-3] ^ words[-2] ^ words[-1] ^ key)
        turned = _left(mixed, 2) ^ _left(mixed, 10) ^ _left(mixed, 18) ^ _left(mixed, 24)
        words.append(words[-4] ^ mixed ^ turned)
    return b"".join(word.to_bytes(4, "big") for word in words[:-5:-1])


def encrypt(data: bytes, key: bytes) -> bytes:
    """Whole blocks of `data` encrypted one by one (ECB), the remainder as it is."""
    return _blocks(data, round_keys(key))


def decrypt(data: bytes, key: bytes) -> bytes:
    """The inverse."""
    return _blocks(data, round_keys(key)[::-1])


def _blocks(data: bytes, keys: list[int]) -> bytes:
    whole = len(data) // 16 * 16
    return b"".join(_block(data[at : at + 16], keys) for at in range(0, whole, 16)) + data[whole:]
