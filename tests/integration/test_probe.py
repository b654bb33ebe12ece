import time

from tests.integration.journey import *
from tests.integration.tenants import *


def test_probe(clouds, tmp_path):
    t0 = time.monotonic()

    def lap(s):
        nonlocal t0
        t = time.monotonic()
        print(f"{t - t0:6.2f} {s}")
        t0 = t

    src, dst = make_project(clouds[0], "probe"), make_project(clouds[1], "probe")
    lap("projects")
    t = build_small_tenant(src, tmp_path)
    lap("tenant")
    w = Workplace(tmp_path / "w", src, dst)
    f = w.select(servers=[t["server"]], volumes=[t["detached"]])
    r = w.downpour("plan", f)
    lap("plan")
    print(r.out, r.err)
    r = w.downpour("export", f, "b")
    lap("export")
    print(r.out, r.err)
    b = w.directory / "b"
    r = w.play(b)
    lap("play")
    print(r.out, r.err)
    r = w.play(b)
    lap("play2")
    print(r.out, r.err)
