"""What an administrator may set: by environment (GANGSHAO_…) or in the file gangshao.env; imports nothing of ours."""

import ipaddress
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.core.domain import MAIL_ADDRESS, UserError

IMPLICIT_TLS_PORT = 465  # RFC 8314
_PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """All settings of the program; each is named in docs/operate/install.md with its default."""

    model_config = SettingsConfigDict(env_prefix="GANGSHAO_", env_file="gangshao.env", extra="forbid", frozen=True)

    data: Path = Field(default=_PROJECT / "data" / "var", description="folder of all run-time files")
    keys: Path = Field(default=Path("~/.config/gangshao/keys"), description="folder of the secret keys, in no backup")
    region: Path = Field(default=_PROJECT / "data" / "regions" / "liaocheng", description="reference data of the city")
    backup: Path | None = Field(default=None, description="folder of the backups; empty: `backups` in the data folder")
    host: str = Field(default="127.0.0.1", description="address the dashboard listens on")
    port: int = Field(default=8050, ge=1, le=65535, description="port the dashboard listens on")
    base_url: str = Field(default="", description="address that mails and links point to")
    trusted_proxy: str = Field(
        default="", description="IP address of the one HTTPS proxy whose X-Forwarded-For is believed; empty: none"
    )
    ledger_url: str = Field(
        default="", description="SQLAlchemy address of the ledger; empty: SQLite in the data folder"
    )
    smtp_host: str = Field(default="", description="mail server; empty: mails are files in the outbox")
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = Field(default=False, description="the line begins plain and is encrypted by STARTTLS")
    smtp_tls: bool = Field(default=False, description="TLS from the first byte, as on port 465 in any case")
    mail_from: str = Field(default="gangshao@hr.example.com", description="sender of all mails")
    mails_a_minute: int = Field(default=60, ge=0, description="mails the server is given in a minute at most; 0: any")
    auditor_mail: str = Field(default="", description="address that gets the audit trail's anchor of each edition")
    administrator_mail: str = Field(default="", description="address that is told of mails refused for good")
    duty_mail: str = Field(default="", description="address of the duty desk, told when no run finished or mails stick")
    memory_limit: str = Field(default="2GB", description="memory DuckDB may use while the run works")
    log_days: int = Field(default=183, ge=0, description="days that log files are kept; 0: no files, JSON to stderr")
    threads: int = Field(default=2, ge=1, le=64, description="threads DuckDB may use")

    @field_validator("data", "keys", "region")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("backup", mode="before")
    @classmethod
    def _absolute_or_none(cls, value: str | Path | None) -> Path | None:
        return Path(value).expanduser().resolve() if value else None

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("须以 http:// 或 https:// 开头 (must start with http:// or https://)")
        return value.rstrip("/")

    @field_validator("trusted_proxy")
    @classmethod
    def _ip_address(cls, value: str) -> str:
        try:
            return str(ipaddress.ip_address(value)) if value else ""
        except ValueError:
            raise ValueError("须是一个 IP 地址，如 127.0.0.1 (must be one IP address)") from None

    @field_validator("auditor_mail", "administrator_mail", "duty_mail")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and not re.fullmatch(MAIL_ADDRESS, value):
            raise ValueError("不是一个邮箱地址，只能用半角字母、数字和符号 (not one ASCII mail address)")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if len(value.splitlines()) != 1 or not re.fullmatch(MAIL_ADDRESS, parseaddr(value)[1]):
            raise ValueError(
                "应为一个邮箱地址，前面可以有名称：岗哨 <gangshao@hr.example.com> (not an ASCII mail address)"
            )
        return value

    @model_validator(mode="after")
    def _one_kind_of_tls(self) -> Self:
        if self.smtp_starttls and self.is_tls_from_the_start:
            raise ValueError(
                "SMTP_STARTTLS 与全程 TLS（SMTP_TLS 或 465 端口）只能用一种"
                " (a line is encrypted either from the start or by STARTTLS)"
            )
        return self

    @property
    def is_tls_from_the_start(self) -> bool:
        """Whether the mail server is spoken to in TLS from the first byte."""
        return self.smtp_tls or self.smtp_port == IMPLICIT_TLS_PORT

    @property
    def inbox(self) -> Path:
        """Files waiting: ``inbox/<feed>/<received day>/<file>``."""
        return self.data / "inbox"

    @property
    def raw(self) -> Path:
        """Drops exactly as received; those of person feeds encrypted."""
        return self.data / "raw"

    @property
    def warehouse(self) -> Path:
        """The file only the run opens."""
        return self.data / "warehouse.duckdb"

    @property
    def model_state(self) -> Path:
        """What the forecaster remembers of the readings; it may be removed at any time."""
        return self.data / "memory"

    @property
    def published(self) -> Path:
        """Folder of published editions and of the pointer ``current``."""
        return self.data / "published"

    @property
    def outbox(self) -> Path:
        """Mails as files, where no mail server is set."""
        return self.data / "outbox"

    @property
    def backtests(self) -> Path:
        """Figures of every backtest, one CSV file each."""
        return self.data / "backtests"

    @property
    def log(self) -> Path:
        """What the program did, a file a day."""
        return self.data / "log"

    @property
    def backups(self) -> Path:
        """A folder for each backup, named for the instant at which it was made."""
        return self.backup or self.data / "backups"

    @property
    def anchors(self) -> Path:
        """Last hashes of the audit trail, a line an edition; beside the raw register, out of the web user's reach."""
        return self.data / "audit" / "anchors.jsonl"

    @property
    def run_lock(self) -> Path:
        """Held by the one process that writes the warehouse."""
        return self.data / "run.lock"

    @property
    def demonstration_mark(self) -> Path:
        """Present when the folder holds invented data."""
        return self.data / "DEMONSTRATION"

    @property
    def ledger_address(self) -> str:
        """SQLAlchemy address of the operational store."""
        return self.ledger_url or f"sqlite:///{self.data / 'ledger.sqlite'}"

    @property
    def address(self) -> str:
        """What people type into the browser."""
        return self.base_url or f"http://{self.host}:{self.port}"


def load() -> Settings:
    """Read the settings. Raises UserError that names each wrong one and says why."""
    try:
        return Settings()
    except ValidationError as error:
        named = [
            ("".join(map(str, item["loc"][:1])).upper().removeprefix("GANGSHAO_"), item["msg"])
            for item in error.errors()
        ]
        wrong = "；".join(f"GANGSHAO_{name}：{why}" if name else why for name, why in named)
        raise UserError(f"设置有误，请改正后重试 (wrong settings)：{wrong}") from error
