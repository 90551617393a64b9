"""The other side of `independent.rs`: the same tokens by pymacaroons, which shares no code with this repository.

A line of JSON in, a line of JSON out. In: a token that was issued here, what it was made of, and a caveat to confine it
with. Out: what pymacaroons reads in the token, the token as pymacaroons issues it, the confined token, and tokens that
somebody tampered with and pymacaroons refuses.
"""

import base64
import json
import random
import sys

from pymacaroons import Macaroon, Verifier
from pymacaroons.serializers.binary_serializer import BinarySerializer


class Packets(BinarySerializer):
    """The packets of libmacaroons; pymacaroons itself counts characters where lengths are bytes."""

    def _packetize(self, key, data):
        return super()._packetize(key, data if isinstance(data, bytes) else data.encode("utf-8"))


PACKETS = Packets()
ESCAPES = {"0": "00", "_": "01", "-": "02"}
ORIGINALS = {escape: original for original, escape in ESCAPES.items()}


def to_text(packets):
    """Onedata's outer form: base64url without padding, with everything but letters and digits escaped."""
    text = base64.urlsafe_b64encode(packets).decode("ascii").rstrip("=")
    return "".join(ESCAPES.get(character, character) for character in text)


def to_packets(text):
    characters = iter(text)
    plain = "".join(c if c != "0" else ORIGINALS["0" + next(characters)] for c in characters)
    return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def is_valid(packets, secret):
    verifier = Verifier()
    verifier.satisfy_general(lambda caveat: True)
    try:
        return verifier.verify(PACKETS.deserialize_raw(packets), secret)
    except Exception:
        # It has no common error for tokens that cannot be read.
        return False


def issue(case):
    macaroon = Macaroon(location=case["location"], identifier=case["identifier"], key=case["secret"])
    for caveat in case["caveats"]:
        macaroon.add_first_party_caveat(caveat)
    return macaroon


def flip(part, dice):
    """Changes one bit of one part."""
    changed = bytearray(part)
    position = dice.randrange(len(changed) * 8)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def tamperings(case, dice):
    """Packets that are well-formed, none of which the secret has signed."""

    def changed(change):
        macaroon = PACKETS.deserialize_raw(to_packets(case["token"]))
        change(macaroon)
        parts = [(b"location", macaroon._location), (b"identifier", macaroon._identifier)]
        parts += [(b"cid", caveat._caveat_id) for caveat in macaroon.caveats]
        parts.append((b"signature", bytes.fromhex(macaroon.signature)))
        return b"".join(PACKETS._packetize(key, value) for key, value in parts)

    def identifier(macaroon):
        macaroon._identifier = flip(macaroon._identifier, dice)

    def signature(macaroon):
        macaroon.signature = flip(bytes.fromhex(macaroon.signature), dice).hex()

    def caveat(macaroon):
        one = dice.choice([one for one in macaroon.caveats if one._caveat_id])
        one._caveat_id = flip(one._caveat_id, dice)

    def fewer(macaroon):
        del macaroon.caveats[dice.randrange(len(macaroon.caveats))]

    def more(macaroon):
        extra = Macaroon(identifier="x", key="x").add_first_party_caveat("data.readonly").caveats[0]
        macaroon.caveats.insert(dice.randint(0, len(macaroon.caveats)), extra)

    yield changed(identifier)
    yield changed(signature)
    yield changed(more)
    if case["caveats"]:
        yield changed(caveat)
        yield changed(fewer)


def answer(case, dice):
    packets = to_packets(case["token"])
    read = PACKETS.deserialize_raw(packets)
    issued = issue(case)
    confined = None
    if case["confinement"] is not None:
        confined = read.copy()
        confined.add_first_party_caveat(case["confinement"])
        confined = to_text(PACKETS.serialize_raw(confined))
    tampered = list(tamperings(case, dice))
    accepted = [to_text(one) for one in tampered if is_valid(one, case["secret"])]
    return {
        "location": read.location,
        "identifier": read.identifier,
        "caveats": [caveat.caveat_id for caveat in read.caveats],
        "isSigned": is_valid(packets, case["secret"]),
        "isSignedWithAnother": is_valid(packets, case["secret"] + "0"),
        "hasOwnSignature": read.signature == issued.signature,
        "issued": to_text(PACKETS.serialize_raw(issued)),
        "confined": confined,
        "tampered": [to_text(one) for one in tampered],
        "acceptedAlthoughTampered": accepted,
    }


def main():
    dice = random.Random(int(sys.argv[1]))
    for line in sys.stdin:
        json.dump(answer(json.loads(line), dice), sys.stdout)
        sys.stdout.write("\n")


main()
