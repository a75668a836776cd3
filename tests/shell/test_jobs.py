"""Background jobs: what runs beside the lines that follow."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import Result, render
from quizgame.tools.shell.executor import Shell

MakeShell = Callable[..., Shell]
START = "08:00:00"


def told(shell: Shell, *typed: str) -> tuple[str, str]:
    """What lines print on stdout and on stderr, one after the other."""
    results = [shell.run_line(line) for line in typed]
    return "".join(render(each.stdout) for each in results), "".join(render(each.stderr) for each in results)


def test_a_job_takes_its_time_while_other_lines_run(make_shell: MakeShell) -> None:
    shell = make_shell()
    assert told(shell, "sleep 3 && echo done > f &") == ("", "[1] 4213\n")
    assert told(shell, "sleep 2", "ls f") == ("", "ls: cannot access 'f': No such file or directory\n")
    assert told(shell, "sleep 2; cat f") == ("done\n", "[1]+  Done                    sleep 3 && echo done > f\n")


def test_a_job_has_its_turn_at_every_instant_it_waits_for(make_shell: MakeShell) -> None:
    shell = make_shell()
    told(shell, "while true; do date +%S; sleep 2; done > f & sleep 5")
    assert told(shell, "cat f; kill %1")[0] == "00\n02\n04\n"
    assert told(shell, "sleep 5; wc -l < f")[0] == "3\n"


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("false & jobs", "[1]+  Exit 1                  false\n"),
        ("true & jobs", "[1]+  Done                    true\n"),
        ("sleep 9 & jobs", "[1]+  Running                 sleep 9 &\n"),
        ("sleep 9 & jobs -l", "[1]+ 4213 Running                 sleep 9 &\n"),
        ("sleep 9 & jobs -p", "4213\n"),
        ("sleep 9 & sleep 8 & jobs %1", "[1]-  Running                 sleep 9 &\n"),
        ("sleep 9 & kill %sleep; jobs", "[1]+  Terminated              sleep 9\n"),
        ("sleep 9 & kill -9 $!; jobs", "[1]+  Killed                  sleep 9\n"),
        ("sleep 9 & kill -s HUP %%; jobs", "[1]+  Hangup                  sleep 9\n"),
        ("sleep 1 && sleep 1 & jobs", "[1]+  Running                 sleep 1 && sleep 1 &\n"),
        ("(exit 3) & jobs", "[1]+  Exit 3                  (exit 3)\n"),
    ],
)
def test_jobs_lists_what_became_of_them(make_shell: MakeShell, line: str, row: str) -> None:
    assert told(make_shell(), line)[0] == row


def test_wait_lets_the_time_pass_that_jobs_need(make_shell: MakeShell) -> None:
    shell = make_shell()
    stdout, stderr = told(shell, "for i in 3 1 2; do sleep $i && echo $i & done", "wait; date +%S")
    assert stdout == "1\n2\n3\n03\n"
    assert stderr.count("  Done") == 3
    assert told(shell, "(exit 3) & wait $!; echo $?")[0] == "3\n"
    assert told(shell, "wait %1; echo $?")[1] == "bash: wait: %1: no such job\n"
    assert told(shell, "wait; jobs") == ("", "")


def test_what_never_ends_is_waited_for_as_a_stream_is_watched(make_shell: MakeShell) -> None:
    shell = make_shell()
    assert told(shell, "while true; do sleep 1; done & wait; echo $?; date +%S")[0] == "130\n10\n"
    assert told(shell, "fg; date +%S; jobs")[0] == "while true; do sleep 1; done\n20\n"


def test_fg_watches_a_job_to_its_end(make_shell: MakeShell) -> None:
    shell = make_shell()
    assert told(shell, "sleep 3 && echo x &", "fg; date +%S; jobs") == ("sleep 3 && echo x\nx\n03\n", "[1] 4213\n")
    assert told(shell, "fg")[1] == "bash: fg: current: no such job\n"
    assert told(shell, "bg %2")[1] == "bash: bg: %2: no such job\n"


def test_a_job_has_variables_and_a_folder_of_its_own(make_shell: MakeShell) -> None:
    shell = make_shell()
    assert told(shell, "x=1", "{ x=2; cd /etc; echo $x; } & echo $x; pwd")[0] == "2\n1\n/root\n"


@pytest.mark.parametrize("line", ["(sleep 1 &)", "sh -c 'sleep 1 &'", "echo $(sleep 1 &)", "eval 'sleep 1 &'"])
def test_a_shell_that_ends_with_the_line_starts_no_job(make_shell: MakeShell, line: str) -> None:
    result = make_shell().run_line(line)
    assert result.exit == 3
    assert "a background job (&) of a shell within another is not simulated" in render(result.stderr)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("&", "bash: syntax error near unexpected token `&'\n"),
        ("true & & true", "bash: syntax error near unexpected token `&'\n"),
        ("true &;", "bash: syntax error near unexpected token `;'\n"),
        ("kill %1", "bash: kill: %1: no such job\n"),
        ("kill 77", "bash: kill: (77) - No such process\n"),
        ("kill x", "bash: kill: x: arguments must be process or job IDs\n"),
        ("kill -STOP %1", "quizgame: kill -STOP is not simulated\n"),
        ("kill -SEGV 1", "quizgame: kill -SEGV is not simulated\n"),
    ],
)
def test_messages(make_shell: MakeShell, line: str, message: str) -> None:
    assert told(make_shell(), line)[1] == message


def test_too_many_jobs_are_refused(make_shell: MakeShell) -> None:
    stderr = told(make_shell(), "for i in $(seq 30); do sleep 9 & done")[1]
    assert "quizgame: more than 20 background jobs at a time is not simulated\n" in stderr


def test_jobs_end_with_their_shell(make_shell: MakeShell) -> None:
    for ending in ("exit", None):
        before = {*threading.enumerate()}
        shell = make_shell()
        told(shell, "sleep 99 & sleep 99 &")
        started = {*threading.enumerate()} - before
        assert len(started) == 2
        if ending is not None:
            told(shell, ending)
        del shell
        gc.collect()
        for thread in started:
            thread.join(timeout=5)
        assert not any(thread.is_alive() for thread in started)


# --- in a cluster ----------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster_shell() -> Shell:
    world: World = free_world()
    shell = free_shell(world)
    shell.run_line("kubectl run web --image=nginx --port=80; kubectl run client --image=curlimages/curl -- sleep 1d")
    shell.run_line("kubectl wait --for=condition=Ready pod --all")
    return shell


def text(result: Result) -> str:
    return render(result.stdout)


def test_a_followed_stream_has_what_happened_when_the_next_command_looks(cluster_shell: Shell) -> None:
    ask = (
        "kubectl exec client -- curl -s -o /dev/null --max-time 1 $(kubectl get pod web -o jsonpath='{.status.podIP}')"
    )
    follow = "hubble observe -f --from-pod client --protocol tcp"
    first = text(cluster_shell.run_line(f"{follow} > f & {ask}; cat f"))
    assert "to-endpoint FORWARDED (TCP Flags: SYN)" in first
    assert first == text(cluster_shell.run_line("hubble observe --from-pod client --protocol tcp --since 1m"))
    second = text(cluster_shell.run_line(f"{ask}; cat f"))
    assert second.startswith(first)
    assert len(second.splitlines()) == 2 * len(first.splitlines())
    cluster_shell.run_line("kill %1")
    assert text(cluster_shell.run_line(f"{ask}; cat f")) == second


def test_a_watch_prints_on_the_terminal_between_lines(cluster_shell: Shell) -> None:
    cluster_shell.run_line("kubectl get pods -w &")
    shown = text(cluster_shell.run_line("kubectl delete pod web --now"))
    assert 'pod "web" deleted' in shown
    after = text(cluster_shell.run_line("kill %1; jobs"))
    assert "Terminating" in shown + after


def test_a_monitor_in_the_background_is_a_file_to_follow(cluster_shell: Shell) -> None:
    pods = "$(kubectl get pod web -o jsonpath='{.status.podIP}')"
    ask = f"kubectl exec client -- curl -s -o /dev/null --max-time 1 {pods}"
    agent = "kubectl -n kube-system exec ds/cilium --"
    node = "$(kubectl get pod web -o jsonpath='{.spec.nodeName}')"
    pod = f"$(kubectl -n kube-system get pod -l k8s-app=cilium --field-selector spec.nodeName={node} -o name)"
    monitor = f"{agent.replace('ds/cilium', pod)} cilium-dbg monitor -t trace"
    cluster_shell.run_line(f"{monitor} > m & while true; do {ask}; sleep 1; done &")
    watched = text(cluster_shell.run_line("tail -n 0 -f m"))
    # Each turn of the loop runs kubectl twice, which takes a second each.
    assert watched.count(":80 tcp SYN\n") >= 2
    assert text(cluster_shell.run_line("cat m")).endswith(watched)


def test_what_cannot_run_at_the_same_time_is_refused_plainly(cluster_shell: Shell) -> None:
    result = cluster_shell.run_line("hubble observe -f | grep x > f & sleep 2")
    shown = render(result.stdout) + render(result.stderr)
    assert "quizgame: following in a pipeline in the background is not simulated" in shown
    assert text(cluster_shell.run_line("timeout 3 hubble observe -f | grep -c . > f & wait; cat f")) == "0\n"
