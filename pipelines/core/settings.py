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
    """All settings of the program; docs/reference/settings.md lists them from here."""

    model_config = SettingsConfigDict(env_prefix="GANGSHAO_", env_file="gangshao.env", extra="forbid", frozen=True)

    data: Path = Field(default=_PROJECT / "data" / "var", description="运行时的全部文件 (all run-time files)")
    keys: Path = Field(
        default=Path("~/.config/gangshao/keys"),
        description="两把密钥，仅本人可读，不与数据放在一起，不进备份 (the secret keys, in no backup)",
    )
    region: Path = Field(
        default=_PROJECT / "data" / "regions" / "liaocheng", description="地区配置文件夹 (reference data of the city)"
    )
    backup: Path | None = Field(
        default=None,
        description="放备份的文件夹，最好在另一块磁盘上；空为数据文件夹中的 `backups/` (folder of the backups)",
    )
    host: str = Field(default="127.0.0.1", description="看板监听的地址 (address the dashboard listens on)")
    port: int = Field(default=8050, ge=1, le=65535, description="看板监听的端口 (port the dashboard listens on)")
    base_url: str = Field(
        default="",
        description="邮件和登录链接所指的地址，以 `http://` 或 `https://` 开头；空为监听的地址和端口 "
        "(address that mails and links point to)",
    )
    trusted_proxy: str = Field(
        default="",
        description="HTTPS 反向代理的 IP 地址（一个），只有它写的 `X-Forwarded-For` 算数；空为不信任何代理 "
        "(the one trusted proxy)",
    )
    ledger_url: str = Field(
        default="",
        description="台账的 SQLAlchemy 地址，也支持 PostgreSQL；空为数据文件夹中的 SQLite (address of the ledger)",
    )
    smtp_host: str = Field(
        default="", description="邮件服务器；空为写入 `outbox/` (mail server; empty: mails are files)"
    )
    smtp_port: int = Field(
        default=25,
        ge=1,
        le=65535,
        description="邮件服务器端口；465 总是全程 TLS (port of the mail server; 465 is always TLS)",
    )
    smtp_user: str = Field(default="", description="邮件服务器用户名 (user at the mail server)")
    smtp_password: str = Field(
        default="",
        description="邮件服务器密码；发往本机以外时线路须加密 (its password; sent to other machines over TLS alone)",
    )
    smtp_starttls: bool = Field(
        default=False, description="用 STARTTLS 加密，常见于 587、25 端口；与全程 TLS 只用一种 (encrypt by STARTTLS)"
    )
    smtp_tls: bool = Field(
        default=False,
        description="全程 TLS 的服务器不在 465 端口时设 `true`；证书都核对，自建机构的由环境变量 `SSL_CERT_FILE` 指明 "
        "(TLS from the first byte)",
    )
    mail_from: str = Field(default="gangshao@hr.example.com", description="发件人 (sender of all mails)")
    mails_a_minute: int = Field(
        default=60,
        ge=0,
        description="每分钟最多交给邮件服务器几封；`0` 为不限 (mails the server is given in a minute at most; 0: any)",
    )
    auditor_mail: str = Field(
        default="",
        description="每个版次把审计记录的锚点寄到此地址；空为不寄 (gets the audit trail's anchor of each edition)",
    )
    administrator_mail: str = Field(
        default="", description="有邮件被拒收时告知此地址；空为不寄 (is told of mails refused for good)"
    )
    duty_mail: str = Field(
        default="",
        description="`gangshao watch` 发现问题时告知此地址（值班岗）；空为不寄 "
        "(is told when no run finished or mails stick)",
    )
    memory_limit: str = Field(
        default="2GB", description="运行时 DuckDB 可用的内存 (memory DuckDB may use while the run works)"
    )
    log_days: int = Field(
        default=183,
        ge=0,
        description="日志保存几天（网络安全法要求不少于六个月）；`0` 为不写文件，逐行 JSON 写到标准错误 "
        "(days that log files are kept)",
    )
    threads: int = Field(default=2, ge=1, le=64, description="运行时 DuckDB 可用的线程 (threads DuckDB may use)")

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
