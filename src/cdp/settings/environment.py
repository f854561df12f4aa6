"""Settings from the environment, frozen and passed in, never imported as a global."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field can be set as an environment variable with the prefix CDP_."""

    model_config = SettingsConfigDict(env_prefix="CDP_", frozen=True)

    workspace: Path = Field(Path(), description="folder of the workspace")
    threads: int = Field(2, ge=1, description="threads that DuckDB may use")
    memory_limit: str = Field("4GB", description="memory that DuckDB may use before it spills")
    host: str = Field("127.0.0.1", description="address that `cdp serve` listens on")
    port: int = Field(8321, ge=0, le=65535, description="port that `cdp serve` listens on")
    log_level: str = Field("info", description="log level of the server")
