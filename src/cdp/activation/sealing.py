"""Files encrypted for their recipients with age (https://age-encryption.org/v1).

Invariant: an encrypted file is written in one pass, in constant memory; what it was made from is
removed when it is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyrage

from cdp.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.destinations import Encryption


def recipients(encryption: Encryption) -> list[Any]:
    """Return the keys that files are encrypted for.

    Raises:
        ConfigError: one is no public key of age or SSH.
    """
    return [_recipient(place, text) for place, text in enumerate(encryption.recipients, 1)]


def seal(plain: Path, sealed: Path, encryption: Encryption) -> None:
    """Encrypt a file into another and remove it.

    Raises:
        InputError: the file cannot be encrypted.
    """
    keys = recipients(encryption)
    try:
        pyrage.encrypt_file(str(plain), str(sealed), keys, armored=encryption.armored)
    except (pyrage.EncryptError, OSError) as error:
        msg = f"{sealed} cannot be written: {error}; nothing was exported there"
        raise InputError(msg) from error
    plain.unlink()


def _recipient(place: int, text: str) -> Any:  # noqa: ANN401 - the library has no types
    kind = pyrage.ssh if text.strip().startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        msg = (
            f"encrypt: recipient {place} is no public key ({error}); give age1..., as age-keygen "
            "prints it, or the line of an ssh-ed25519 or ssh-rsa key"
        )
        raise ConfigError(msg) from None
