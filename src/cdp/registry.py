"""Find extensions: every module of a package, then installed entry points.

Our own extensions register exactly as a stranger's would, so the door cannot rot.
"""

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Generic, TypeVar

from cdp.errors import ConfigError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named extensions of one kind, found the first time they are asked for."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._found: dict[str, T] = {}
        self._loaded = False

    def add(self, name: str, extension: T) -> T:
        """Register an extension and return it.

        Raises:
            ConfigError: the name is taken by a different extension.
        """
        if self._found.get(name, extension) != extension:
            msg = f"two extensions of kind {self.kind} are called {name!r}; rename one of them"
            raise ConfigError(msg)
        self._found[name] = extension
        return extension

    def get(self, name: str) -> T:
        """Return the extension with this name.

        Raises:
            UnknownNameError: nothing is registered under it; the message lists what is.
        """
        self._load()
        try:
            return self._found[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self.names()) from None

    def names(self) -> list[str]:
        """Return every known name, sorted."""
        self._load()
        return sorted(self._found)

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = import_module(self.package)
        for module in iter_modules(package.__path__):
            if not module.name.startswith("_"):
                import_module(f"{self.package}.{module.name}")
        for entry_point in entry_points(group=self.package):
            entry_point.load()
