"""`destinations/*.yaml`: one destination a file, validated by the model of its type."""

from cdp.destinations import DESTINATIONS, DestinationDefinition
from cdp.settings import Declared, OneOf


class DestinationFile(OneOf[DestinationDefinition]):
    """One destination; `type` decides which further fields there are."""

    by = "type"
    known = DESTINATIONS


DESTINATION_FILES = Declared("destinations/*.yaml", DestinationFile)
