"""The ordered table of kubectl's commands."""

from __future__ import annotations

from quizgame.tools.kubectl.verb import Row

BEGINNER = "Basic Commands (Beginner)"
INTERMEDIATE = "Basic Commands (Intermediate)"
DEPLOY = "Deploy Commands"
CLUSTER = "Cluster Management Commands"
TROUBLE = "Troubleshooting and Debugging Commands"
ADVANCED = "Advanced Commands"
SETTINGS = "Settings Commands"
OTHER = "Other Commands"
GROUPS = (BEGINNER, INTERMEDIATE, DEPLOY, CLUSTER, TROUBLE, ADVANCED, SETTINGS, OTHER)

_CREATE = (
    Row("clusterrole", "Create a cluster role"),
    Row("clusterrolebinding", "Create a cluster role binding"),
    Row("configmap", "Create a config map from literal values or files", "create_config:CONFIGMAP", aliases=("cm",)),
    Row("cronjob", "Create a cron job", aliases=("cj",)),
    Row("deployment", "Create a deployment with the given name", "create_workload:DEPLOYMENT", aliases=("deploy",)),
    Row("ingress", "Create an ingress with the given name", "create_edge:INGRESS", aliases=("ing",)),
    Row("job", "Create a job with the given name"),
    Row("namespace", "Create a namespace with the given name", "create_workload:NAMESPACE", aliases=("ns",)),
    Row("poddisruptionbudget", "Create a pod disruption budget", aliases=("pdb",)),
    Row("priorityclass", "Create a priority class", aliases=("pc",)),
    Row("quota", "Create a quota", aliases=("resourcequota",)),
    Row("role", "Create a role with a single rule"),
    Row("rolebinding", "Create a role binding"),
    Row(
        "secret",
        "Create a secret",
        children=(
            Row("docker-registry", "Create a secret for use with an image registry"),
            Row("generic", "Create a secret from literal values or files", "create_config:SECRET"),
            Row("tls", "Create a TLS secret", "create_edge:TLS_SECRET"),
        ),
    ),
    Row(
        "service",
        "Create a service",
        aliases=("svc",),
        children=(
            Row("clusterip", "Create a ClusterIP service", "create_service:CLUSTERIP"),
            Row("externalname", "Create an ExternalName service", "create_service:EXTERNALNAME"),
            Row("loadbalancer", "Create a LoadBalancer service", "create_service:LOADBALANCER"),
            Row("nodeport", "Create a NodePort service", "create_service:NODEPORT"),
        ),
    ),
    Row("serviceaccount", "Create a service account", "create_workload:SERVICEACCOUNT", aliases=("sa",)),
    Row("token", "Request a service account token"),
)
_APPLY = (
    Row("edit-last-applied", "Edit the latest last-applied annotation of an object"),
    Row("set-last-applied", "Set the last-applied annotation of a live object to match a file"),
    Row("view-last-applied", "View the latest last-applied annotation of an object", "apply:VIEW_LAST_APPLIED"),
)
_SET = (
    Row("env", "Update environment variables on a pod template", "set_env:ENV"),
    Row("image", "Update the image of a pod template", "set_image:IMAGE"),
    Row("resources", "Update resource requests and limits on a pod template"),
    Row("selector", "Set the selector on a resource"),
    Row("serviceaccount", "Update the service account of a resource", aliases=("sa",)),
    Row("subject", "Update the user, group or service account in a role binding"),
)
_ROLLOUT = (
    Row("history", "View rollout history", "rollout_history:HISTORY"),
    Row("pause", "Mark the provided resource as paused", "rollout_change:PAUSE"),
    Row("restart", "Restart a resource", "rollout_change:RESTART"),
    Row("resume", "Resume a paused resource", "rollout_change:RESUME"),
    Row("status", "Show the status of the rollout", "rollout_status:STATUS"),
    Row("undo", "Undo a previous rollout", "rollout_history:UNDO"),
)
_TOP_LONG = """Display resource (CPU/memory) usage.

 Figures come from the Metrics Server, which has to be installed in the cluster."""
_CONFIG = (
    Row("current-context", "Display the current-context", "config:CURRENT_CONTEXT"),
    Row("delete-cluster", "Delete the specified cluster from the kubeconfig"),
    Row("delete-context", "Delete the specified context from the kubeconfig"),
    Row("delete-user", "Delete the specified user from the kubeconfig"),
    Row("get-clusters", "Display clusters defined in the kubeconfig", "config:GET_CLUSTERS"),
    Row("get-contexts", "Describe one or many contexts", "config:GET_CONTEXTS"),
    Row("get-users", "Display users defined in the kubeconfig", "config:GET_USERS"),
    Row("rename-context", "Rename a context from the kubeconfig file"),
    Row("set", "Set an individual value in a kubeconfig file"),
    Row("set-cluster", "Set a cluster entry in kubeconfig"),
    Row("set-context", "Set a context entry in kubeconfig", "config:SET_CONTEXT"),
    Row("set-credentials", "Set a user entry in kubeconfig"),
    Row("unset", "Unset an individual value in a kubeconfig file"),
    Row("use-context", "Set the current-context in a kubeconfig file", "config:USE_CONTEXT", aliases=("use",)),
    Row("view", "Display merged kubeconfig settings or a specified kubeconfig file", "config:VIEW"),
)
_AUTH = (
    Row("can-i", "Check whether an action is allowed", "auth:CAN_I"),
    Row("reconcile", "Reconcile rules for RBAC objects"),
    Row("whoami", "Check self subject attributes", "auth:WHOAMI"),
)

COMMANDS: tuple[Row, ...] = (
    Row("create", "Create a resource from a file or from stdin", "create:CREATE", BEGINNER, _CREATE),
    Row("expose", "Expose a service, deployment or pod as a new Kubernetes service", "expose:EXPOSE", BEGINNER),
    Row("run", "Run a particular image on the cluster", "run:RUN", BEGINNER),
    Row("set", "Set specific features on objects", "", BEGINNER, _SET),
    Row("explain", "Get documentation for a resource", "explain:EXPLAIN", INTERMEDIATE),
    Row("get", "Display one or many resources", "get:GET", INTERMEDIATE),
    Row("edit", "Edit a resource on the server", "edit:EDIT", INTERMEDIATE),
    Row("delete", "Delete resources by file names, names, or label selector", "delete:DELETE", INTERMEDIATE),
    Row("rollout", "Manage the rollout of a resource", "", DEPLOY, _ROLLOUT),
    Row("scale", "Set a new size for a deployment or replica set", "scale:SCALE", DEPLOY),
    Row("autoscale", "Auto-scale a deployment or replica set", "", DEPLOY),
    Row("certificate", "Modify certificate resources", "", CLUSTER),
    Row("cluster-info", "Display cluster information", "cluster_info:CLUSTER_INFO", CLUSTER),
    Row(
        "top",
        "Display resource (CPU/memory) usage",
        "",
        CLUSTER,
        (
            Row("node", "Display resource (CPU/memory) usage of nodes", "top:NODE", aliases=("nodes", "no")),
            Row("pod", "Display resource (CPU/memory) usage of pods", "top:POD", aliases=("pods", "po")),
        ),
        long=_TOP_LONG,
    ),
    Row("cordon", "Mark node as unschedulable", "cordon:CORDON", CLUSTER),
    Row("uncordon", "Mark node as schedulable", "cordon:UNCORDON", CLUSTER),
    Row("drain", "Drain node in preparation for maintenance", "drain:DRAIN", CLUSTER),
    Row("taint", "Update the taints on one or more nodes", "taint:TAINT", CLUSTER),
    Row("describe", "Show details of a specific resource or group of resources", "describe:DESCRIBE", TROUBLE),
    Row("logs", "Print the logs for a container in a pod", "logs:LOGS", TROUBLE, aliases=("log",)),
    Row("attach", "Attach to a running container", "", TROUBLE),
    Row("exec", "Execute a command in a container", "exec_:EXEC", TROUBLE),
    Row("port-forward", "Forward one or more local ports to a pod", "port_forward:PORT_FORWARD", TROUBLE),
    Row("proxy", "Run a proxy to the Kubernetes API server", "", TROUBLE),
    Row("cp", "Copy files and directories to and from containers", "", TROUBLE),
    Row("auth", "Inspect authorization", "", TROUBLE, _AUTH),
    Row("debug", "Create debugging sessions for troubleshooting workloads and nodes", "debug:DEBUG", TROUBLE),
    Row("events", "List events", "events:EVENTS", TROUBLE),
    Row("diff", "Diff the live version against a would-be applied version", "diff:DIFF", ADVANCED),
    Row(
        "apply",
        "Apply a configuration to a resource by file name or stdin",
        "apply:APPLY",
        ADVANCED,
        _APPLY,
    ),
    Row("patch", "Update fields of a resource", "patch:PATCH", ADVANCED),
    Row("replace", "Replace a resource by file name or stdin", "replace:REPLACE", ADVANCED),
    Row("wait", "Wait for a specific condition on one or many resources", "wait:WAIT", ADVANCED),
    Row("kustomize", "Build a kustomization target from a directory or URL", "", ADVANCED),
    Row("label", "Update the labels on a resource", "label:LABEL", SETTINGS),
    Row("annotate", "Update the annotations on a resource", "annotate:ANNOTATE", SETTINGS),
    Row(
        "completion",
        "Output shell completion code for the specified shell",
        "completion:COMPLETION",
        SETTINGS,
        is_refused=True,
    ),
    Row("alpha", "Commands for features in alpha", "", OTHER),
    Row("api-resources", "Print the supported API resources on the server", "api_resources:API_RESOURCES", OTHER),
    Row("api-versions", "Print the supported API versions on the server", "api_resources:API_VERSIONS", OTHER),
    Row("config", "Modify kubeconfig files", "", OTHER, _CONFIG),
    Row(
        "plugin",
        "Provides utilities for interacting with plugins",
        "",
        OTHER,
        (Row("list", "List all visible plugin executables", "completion:PLUGIN_LIST"),),
    ),
    Row("version", "Print the client and server version information", "version:VERSION", OTHER),
    Row("options", "Print the list of flags inherited by all commands", "completion:OPTIONS"),
    Row("help", "Help about any command", "completion:HELP"),
)

ROOT = Row("kubectl", "kubectl controls the Kubernetes cluster manager.", children=COMMANDS)
