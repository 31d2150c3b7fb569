from pipelines.published.cache import Kept


def test_the_least_recently_asked_go_first() -> None:
    kept: Kept[str] = Kept(room=80)
    for key in range(8):
        kept.put(key, f"value {key}", size=10)
    assert kept.get(0) == "value 0"
    kept.put("another", "value", size=10)
    assert kept.get(1) is None
    assert kept.get(0) == "value 0"
    assert kept.get("another") == "value"


def test_what_is_too_large_is_not_kept() -> None:
    kept: Kept[str] = Kept(room=80)
    kept.put("large", "value", size=11)
    assert kept.get("large") is None


def test_a_value_put_twice_is_counted_once() -> None:
    kept: Kept[str] = Kept(room=80)
    for _ in range(20):
        kept.put("same", "value", size=10)
    kept.put("other", "value", size=10)
    assert kept.get("same") == kept.get("other") == "value"
