"""What the user set: the environment, and the YAML files of a workspace."""

from cdp.settings.environment import Settings
from cdp.settings.workspace import Declared, Strict, Workspace

__all__ = ["Declared", "Settings", "Strict", "Workspace"]
