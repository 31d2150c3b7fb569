"""Who may do what in the region that is shipped, as its permissions.csv says."""

from pipelines.core.region.permissions import read_permissions
from tests.house import LIAOCHENG

PERMISSIONS = read_permissions(LIAOCHENG)
