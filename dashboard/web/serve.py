"""Serves the dashboard with waitress; the command line starts it by name."""

import gc
import sys

from dashboard.web.app import create_app
from dashboard.web.cache_prewarm import CachePrewarmer
from dashboard.web.serving.server import make_server
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings


def serve(settings: Settings) -> None:
    """Listen until interrupted. Raises UserError when the address is taken or not ours."""
    app = create_app(settings)
    try:
        server, dispatcher = make_server(app.server, settings)
    except OSError as error:
        raise UserError(
            f"无法在 {settings.host}:{settings.port} 启动看板：{error.strerror}；"
            "请用 GANGSHAO_PORT 另设端口 (address in use)"
        ) from error
    gc.freeze()  # what lives as long as the server is not gone through again: it took 150 ms from all readers each time
    ahead = CachePrewarmer(app.server, settings, lambda: dispatcher.is_busy)
    ahead.start()
    sys.stderr.write(f"看板 {settings.address}（按 Ctrl+C 停止）\n")
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        ahead.stop()
        gc.unfreeze()
