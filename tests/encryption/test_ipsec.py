"""IPsec: the secret, the keys in force on each node, rotation, and each way in which it fails.

Expectations: facts F-77 to F-79; reference cilium-cli section 9, cilium-dbg section 11; versions.md, encryption;
cilium/cilium v1.19 pkg/datapath/linux/ipsec (messages of a bad key), bpf/lib/encrypt.h (which key is taken).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.agent.encryption import parse_keys
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.links import Block

if TYPE_CHECKING:
    from tests.encryption.conftest import Build, Lab

IPSEC: dict[str, Any] = {"encryption": {"enabled": True, "type": "ipsec"}}
KEY = "rfc4106(gcm(aes)) 44434241343332312423222114131211f4f3f2f1 128"
OTHER = "rfc4106(gcm(aes)) 0000000000000000000000000000000000000001 128"


def keys_secret(text: str) -> dict[str, Any]:
    """The secret of the IPsec keys."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cilium-ipsec-keys", "namespace": "kube-system"},
        "data": {"keys": base64.b64encode(text.encode()).decode()},
    }


@pytest.fixture(scope="module")
def settled(build: Build) -> Lab:
    return build(IPSEC, [keys_secret(f"3+ {KEY}")])


@pytest.fixture
def lab(settled: Lab) -> Lab:
    return type(settled)(settled.world.fork())


def put_keys(lab: Lab, text: str) -> None:
    """Replace the secret, as a person would."""
    lab.world.cluster.api.update("secrets", keys_secret(text), validate=FieldValidation.TRUSTED)
    lab.world.settle()


def test_every_tool_says_that_it_is_on(lab: Lab) -> None:
    lines = lab.run("cilium encryption status").splitlines()
    assert lines[0] == "Encryption: IPsec (3/3 nodes)"
    assert "IPsec keys in use: 8 on 3/3" in lines
    assert "IPsec expected key count: 8" in lines
    assert "IPsec key rotation in progress: false" in lines
    assert "IPsec errors: 0 across all nodes" in lines
    status = [line.strip() for line in lab.dbg("worker", "encrypt status").splitlines()]
    assert status[:3] == ["Encryption: IPsec", "Decryption interface(s): eth0", "Keys in use: 8"]
    assert lab.run("cilium encryption key-status") == f"IPsec key: 3+ {KEY}\n"
    assert lab.run("kubectl get ciliumnode kind-worker -o jsonpath='{.spec.encryption.key}'") == "3"
    assert "encryptkey=3" in lab.dbg("worker", f"bpf ipcache get {lab.ip('two')}")
    assert "mtu 1373" in lab.run("kubectl exec one -- ip route")


def test_pods_of_other_nodes_are_encrypted_to_and_the_rest_is_not(lab: Lab) -> None:
    assert lab.reaches("one", "two")
    assert lab.reaches("one", "near")
    assert lab.asks("one", "203.0.113.10")
    ends = {frozenset((each["IP"]["source"], each["IP"]["destination"])) for each in lab.flows("--encrypted")}
    assert ends == {frozenset((lab.ip("one"), lab.ip("two")))}
    assert "0x0/" not in lab.dbg("worker", "encrypt status")


def test_without_the_secret_agents_wait_for_their_volume(build: Build) -> None:
    lab = build(IPSEC)
    assert "Init:0/6" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    events = lab.run("kubectl -n kube-system get events")
    assert 'MountVolume.SetUp failed for volume "cilium-ipsec-secrets" : secret "cilium-ipsec-keys" not found' in events
    assert 'failed to fetch IPsec secret: secrets "cilium-ipsec-keys" not found' in lab.run(
        "cilium encryption key-status"
    )
    assert "IPsec key successfully created, new key SPI: 3" in lab.run("cilium encryption create-key")
    lab.world.advance(90)
    assert lab.run("cilium encryption status").startswith("Encryption: IPsec (3/3 nodes)\n")
    assert lab.reaches("one", "two")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing IPSec key or invalid format"),
        ("3+ onlytwo", "missing IPSec key or invalid format"),
        (f"16 {KEY}", 'encryption key space exhausted. ID must be nonzero and less than 16. Attempted "16"'),
        (f"0 {KEY}", 'zero is not a valid key ID. ID must be nonzero and less than 16. Attempted "0"'),
        (f"x {KEY}", 'the first argument of the IPsec secret is not a number. Attempted "x"'),
        ("3+ rfc4106(gcm(aes)) nothex 128", 'unable to decode AEAD key string "nothex"'),
        ("3+ aes 4443 128", 'invalid AEAD algorithm "aes"'),
        ("3+ hmac(sha256) 44 cbc(aes) xy", 'unable to decode encryption key string "xy"'),
        ("3+ a 44 b 44 c d", "too many fields in the IPsec secret"),
    ],
)
def test_a_key_that_cannot_be_read_ends_the_agent(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_keys(text)


def test_a_bad_key_shows_in_the_pods_and_not_on_nodes_that_run(lab: Lab) -> None:
    put_keys(lab, "nonsense")
    assert lab.run("cilium encryption status").startswith("Encryption: IPsec (3/3 nodes)\n")
    lab.restart("worker")
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    shown = lab.run("kubectl -n kube-system get pods -l k8s-app=cilium -o json")
    assert "failed to start: missing IPSec key or invalid format" in shown
    assert lab.reaches("one", "two")  # what was in force stays


def test_a_rotation_keeps_both_keys_for_five_minutes(lab: Lab) -> None:
    assert "new key SPI: 4" in lab.run("cilium encryption rotate-key")
    lines = lab.run("cilium encryption status").splitlines()
    assert "IPsec keys in use: 16 on 3/3" in lines
    assert "IPsec key rotation in progress: true" in lines
    assert "encryptkey=4" in lab.dbg("worker", f"bpf ipcache get {lab.ip('two')}")
    assert lab.reaches("one", "two")
    lab.world.advance(310)
    assert "IPsec keys in use: 8 on 3/3" in lab.run("cilium encryption status")
    assert lab.reaches("one", "two")


def test_a_node_that_missed_a_rotation_is_lost_when_the_old_key_goes(lab: Lab) -> None:
    lab.block(Block("kind-kind/kind-worker2", "*", "TCP", 6443))
    lab.world.settle()
    lab.run("cilium encryption rotate-key")
    lines = lab.run("cilium encryption status").splitlines()
    assert "IPsec keys in use: 8 on 1/3, 16 on 2/3" in lines
    assert lab.reaches("one", "two")  # both still have the old key
    lab.world.advance(310)
    assert not lab.reaches("one", "two")
    assert not lab.reaches("two", "one")
    assert lab.reaches("one", "top")
    errors = lab.dbg("worker", "encrypt status")
    assert "\toutbound_no_state:" in errors
    assert "\tinbound_no_state:" in errors
    assert "Errors: 0" in lab.dbg("worker2", "encrypt status")
    assert any(line.startswith("\tinbound_no_state:") for line in lab.run("cilium encryption status").splitlines())
    assert lab.drops() == []


def test_another_key_under_the_same_number_splits_old_agents_from_new_ones(lab: Lab) -> None:
    put_keys(lab, f"3+ {OTHER}")
    assert lab.reaches("one", "two")  # nobody takes it: the number is the same
    lab.restart("worker")
    assert not lab.reaches("one", "two")
    assert lab.reaches("two", "top")
    assert "inbound_state_proto_error" in lab.dbg("worker2", "encrypt status")
    assert "keys in use: 8 on 3/3" in lab.run("cilium encryption status")  # the count does not tell
    lab.restart("worker2", "control-plane")
    assert lab.reaches("one", "two")


def test_esp_that_is_blocked_loses_the_traffic_of_two_nodes_alone(lab: Lab) -> None:
    lab.block(Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "ESP"))
    assert not lab.reaches("one", "two")
    assert not lab.reaches("two", "one")  # answers are encrypted as well
    assert lab.reaches("one", "top")
    assert "IPsec errors: 0" in lab.run("cilium encryption status")


def test_a_node_without_ipsec_is_spoken_to_in_the_clear(build: Build) -> None:
    plain = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNodeConfig",
        "metadata": {"name": "plain", "namespace": "kube-system"},
        "spec": {
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "kind-worker2"}},
            "defaults": {"enable-ipsec": "false"},
        },
    }
    lab = build(IPSEC, [keys_secret(f"3+ {KEY}"), plain])
    lab.restart("worker2")
    assert lab.run("cilium encryption status").splitlines()[:2] == [
        "Encryption: Disabled (1/3 nodes)",
        "Encryption: IPsec (2/3 nodes)",
    ]
    assert lab.reaches("one", "two")
    assert lab.flows("--encrypted") == []


def test_create_key_refuses_to_replace_one(lab: Lab) -> None:
    assert "IPsec secret already exists, rotate key if needed" in lab.run("cilium encryption create-key")


def test_both_at_once_is_refused(lab: Lab) -> None:
    lab.run("cilium config set enable-wireguard true --restart=false")
    lab.restart("worker")
    shown = lab.run("kubectl -n kube-system get pods -l k8s-app=cilium -o json")
    assert "WireGuard (--enable-wireguard) cannot be used with IPsec (--enable-ipsec)" in shown


def test_secret_may_have_another_name(build: Build) -> None:
    values = {"encryption": {"enabled": True, "type": "ipsec", "ipsec": {"secretName": "my-keys"}}}
    secret = keys_secret(f"5+ {KEY}")
    mine = {**secret, "metadata": {**secret["metadata"], "name": "my-keys"}}
    lab = build(values, [mine, keys_secret(f"3+ {KEY}")])
    volumes = "{.spec.template.spec.volumes[?(@.name=='cilium-ipsec-secrets')].secret.secretName}"
    assert lab.run(f'kubectl -n kube-system get ds cilium -o jsonpath="{volumes}"') == "my-keys"
    assert lab.run("kubectl get ciliumnode kind-worker -o jsonpath='{.spec.encryption.key}'") == "5"
    lab.world.cluster.api.update("secrets", keys_secret(f"7+ {OTHER}"), validate=FieldValidation.TRUSTED)
    lab.world.settle()
    assert lab.run("kubectl get ciliumnode kind-worker -o jsonpath='{.spec.encryption.key}'") == "5"
    changed = {**mine, "data": keys_secret(f"6+ {OTHER}")["data"]}
    lab.world.cluster.api.update("secrets", changed, validate=FieldValidation.TRUSTED)
    lab.world.settle()
    assert lab.run("kubectl get ciliumnode kind-worker -o jsonpath='{.spec.encryption.key}'") == "6"


def test_named_secret_that_is_not_there_keeps_agents_waiting(build: Build) -> None:
    values = {"encryption": {"enabled": True, "type": "ipsec", "ipsec": {"secretName": "my-keys"}}}
    lab = build(values, [keys_secret(f"3+ {KEY}")])
    assert "Init:0/6" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
