"""What ``cilium status`` has found out, and how it is laid out. Pure: nothing here looks at a cluster.

Source: reference cilium-cli, section 2, and its goldens ``status-*``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from quizgame.goflags.tabwriter import TabWriter
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

RESET, RED, GREEN, YELLOW = "\x1b[0m", "\x1b[31m", "\x1b[32m", "\x1b[33m"
BLUE, MAGENTA, CYAN = "\x1b[34m", "\x1b[35m", "\x1b[36m"
PADDING = 4


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods of one workload as its status counts them."""

    kind: str
    """``DaemonSet`` or ``Deployment``."""
    desired: int
    ready: int
    available: int
    unavailable: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning."""

    component: str
    subject: str
    """The workload or the pod that it is about."""
    text: str
    severity: Severity = Severity.ERROR
    facts: tuple[Fact, ...] = ()


@dataclass(slots=True)
class StatusReport:
    """Everything that the status shows."""

    workloads: dict[str, Workload] = field(default_factory=dict)
    phases: dict[str, dict[str, int]] = field(default_factory=dict)
    """Component → phase → number of pods."""
    images: dict[str, dict[str, int]] = field(default_factory=dict)
    """Component → image → number of containers."""
    pods: int = 0
    managed_pods: int = 0
    disabled: dict[str, bool] = field(default_factory=dict)
    """Components that may be turned off → whether they are."""
    findings: list[Finding] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """What could not be collected."""
    chart_version: str = ""
    configuration: list[str] = field(default_factory=list)
    agents: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Pod → gives the agent's own status; asked for by the JSON form alone."""
    endpoints: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Pod → gives the agent's endpoints, likewise."""
    has_crashed_agent: bool = False
    facts: dict[str, tuple[Fact, ...]] = field(default_factory=dict)
    """Component → what its summary and workload lines show."""

    def of(self, severity: Severity, component: str | None = None) -> list[Finding]:
        """The findings of one severity, by component and subject."""
        chosen = [each for each in self.findings if each.severity is severity and component in (None, each.component)]
        return sorted(chosen, key=lambda each: (each.component, each.subject))

    def is_good(self, *, ignores_warnings: bool) -> bool:
        """Whether waiting for success may end."""
        has_warnings = bool(self.of(Severity.WARNING)) and not ignores_warnings
        return not self.of(Severity.ERROR) and not has_warnings and not self.failures


def summary_word(report: StatusReport, component: str, disabled: str = "disabled") -> str:
    """The coloured word that sums a component up."""
    errors = len(report.of(Severity.ERROR, component))
    warnings = len(report.of(Severity.WARNING, component))
    parts = [f"{RED}{errors} errors{RESET}"] if errors else []
    parts += [f"{YELLOW}{warnings} warnings{RESET}"] if warnings else []
    if parts:
        return ", ".join(parts)
    return f"{CYAN}{disabled}{RESET}" if report.disabled.get(component) else f"{GREEN}OK{RESET}"


def _workload_text(workload: Workload) -> str:
    wanted = workload.desired
    parts = [f"Desired: {wanted}"] if wanted else []
    for name, number in (("Ready", workload.ready), ("Available", workload.available)):
        if number:
            parts.append(f"{name}: {GREEN if number >= wanted else YELLOW}{number}/{wanted}{RESET}")
    if workload.unavailable:
        parts.append(f"Unavailable: {RED}{workload.unavailable}/{wanted}{RESET}")
    return ", ".join(parts)


def _phase_text(phases: Mapping[str, int]) -> str:
    colors = {"Failed": RED, "Unknown": RED}
    return ", ".join(f"{phase}: {colors.get(phase, GREEN)}{phases[phase]}{RESET}" for phase in sorted(phases))


_Rows = list[tuple[str, tuple[Fact, ...]]]


def _logo(report: StatusReport) -> _Rows:
    def summed(component: str, disabled: str = "disabled") -> str:
        return summary_word(report, component, disabled)

    facts = report.facts
    return [
        (f"{YELLOW}    /¯¯\\", ()),
        (f"{CYAN} /¯¯{YELLOW}\\__/{GREEN}¯¯\\{RESET}\tCilium:\t{summed('cilium')}", facts.get("cilium", ())),
        (f"{CYAN} \\__{RED}/¯¯\\{GREEN}__/{RESET}\tOperator:\t{summed('cilium-operator')}",
         facts.get("cilium-operator", ())),
        (f"{GREEN} /¯¯{RED}\\__/{MAGENTA}¯¯\\{RESET}\tEnvoy DaemonSet:\t"
         f"{summed('cilium-envoy', 'disabled (using embedded mode)')}", facts.get("cilium-envoy", ())),
        (f"{GREEN} \\__{BLUE}/¯¯\\{MAGENTA}__/{RESET}\tHubble Relay:\t{summed('hubble-relay')}",
         facts.get("hubble-relay", ())),
        (f"{BLUE}{BLUE}{BLUE}    \\__/{RESET}\tClusterMesh:\t{summed('clustermesh-apiserver')}",
         facts.get("clustermesh-apiserver", ())),
        ("", ()),
    ]  # fmt: skip


def _headed(header: str, rows: _Rows) -> _Rows:
    return [(f"{'' if number else header}\t{text}", facts) for number, (text, facts) in enumerate(rows)]


def _findings(report: StatusReport, severity: Severity) -> _Rows:
    return [(f"{each.component}\t{each.subject}\t{each.text}", each.facts) for each in report.of(severity)]


def status_lines(report: StatusReport) -> list[Line]:
    """The status as text; colours are always written."""
    facts = report.facts
    rows = [
        *_logo(report),
        *((f"{workload.kind}\t{name}\t{_workload_text(workload)}", facts.get(name, ()))
          for name, workload in sorted(report.workloads.items())),
        *_headed("Containers:", [
            (f"{name}\t{_phase_text(phases)}", ()) for name, phases in sorted(report.phases.items())
        ]),
        (f"Cluster Pods:\t{report.managed_pods}/{report.pods} managed by Cilium", ()),
        (f"Helm chart version:\t{report.chart_version}", ()),
        *_headed("Image versions", [
            (f"{name}\t{image}: {number}", ())
            for name, images in sorted(report.images.items()) for image, number in sorted(images.items())
        ]),
        *_headed("Errors:", _findings(report, Severity.ERROR)),
        *_headed("Warnings:", _findings(report, Severity.WARNING)),
        *_headed("Configuration:", [(f"\t{text}", ()) for text in report.configuration]),
    ]  # fmt: skip
    writer = TabWriter(0, 0, PADDING)
    writer.write("".join(f"{text}\n" for text, _ in rows))
    known = [shown for text, shown in rows for _ in text.split("\n")]
    return [Line(text, shown) for text, shown in zip(writer.flush().split("\n"), known, strict=False)]


def status_object(report: StatusReport) -> dict[str, Any]:
    """The status as ``-o json`` gives it."""
    errors: dict[str, dict[str, Any]] = {
        name: {name: {"Errors": [], "Warnings": [], "Disabled": is_disabled}}
        for name, is_disabled in sorted(report.disabled.items()) if name != "cilium-envoy" or is_disabled
    }  # fmt: skip
    for severity, key in ((Severity.ERROR, "Errors"), (Severity.WARNING, "Warnings")):
        for each in report.of(severity):
            counted = errors.setdefault(each.component, {}).setdefault(
                each.subject, {"Errors": [], "Warnings": [], "Disabled": False}
            )
            counted[key].append({})
    return {
        "image_count": {name: dict(sorted(images.items())) for name, images in sorted(report.images.items())},
        "phase_count": {name: dict(sorted(phases.items())) for name, phases in sorted(report.phases.items())},
        "pod_state": {
            name: {
                "Type": workload.kind, "Desired": workload.desired, "Ready": workload.ready,
                "Available": workload.available, "Unavailable": workload.unavailable,
            }
            for name, workload in sorted(report.workloads.items())
        },
        "pods_count": {"all": report.pods, "by_cilium": report.managed_pods},
        "cilium_status": {pod: told() for pod, told in report.agents.items()},
        "cilium_endpoints": {pod: told() for pod, told in report.endpoints.items()},
        "errors": dict(sorted(errors.items())),
        "helm_chart_version": report.chart_version,
    }  # fmt: skip
