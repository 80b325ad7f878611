from __future__ import annotations


def test_run_records_a_grid(study):
    done = study.run("run", "toy", "--device", "cpu")
    assert (done.code, done.err) == (0, "")
    print(done.out)
    assert len(study.records()) == 6
    import time

    for _ in range(3):
        t = time.time()
        study.set(pause=0.01)
        done = study.run("run", "toy", "--device", "cpu", "--force")
        print(time.time() - t)
    t = time.time()
    study.popen("run", "toy", "--device", "cpu", "--force").wait()
    print(time.time() - t)
    t = time.time()
    print(study.popen("run", "toy", "--device", "cpu", "--force", "--workers", "2").wait())
    print(time.time() - t)
