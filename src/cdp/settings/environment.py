"""Settings from the environment, frozen and passed in, never imported as a global."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field can be set as an environment variable with the prefix CDP_."""

    model_config = SettingsConfigDict(env_prefix="CDP_", frozen=True)

    workspace: Path = Field(default=Path(), description="folder of the workspace")
    threads: int = Field(default=2, ge=1, description="threads that DuckDB may use")
    memory_limit: str = Field(
        default="4GB", description="memory that DuckDB may use before it spills"
    )
    host: str = Field(default="127.0.0.1", description="address that `cdp serve` listens on")
    port: int = Field(default=8321, ge=0, le=65535, description="port that `cdp serve` listens on")
    rate_limit: int = Field(
        default=20_000, ge=1, description="requests a second that one key may make of one worker"
    )
    log_level: str = Field(default="info", description="log level of the server")
    log_format: Literal["text", "json"] = Field(
        default="text", description="log lines for people or for programs"
    )
    log_requests: bool = Field(
        default=False, description="log a line for each request, without anything personal"
    )
