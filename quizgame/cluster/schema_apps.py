"""Types of the apps group and of leases. Source: Kubernetes 1.35 API reference (names, types, defaults)."""

TABLE = """
Deployment | Keeps a number of equal pods running and rolls out changes to them.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec DeploymentSpec ={}
  status DeploymentStatus
DeploymentSpec
  replicas int32 =1 | How many pods shall run.
  selector LabelSelector ! | The pods it manages; must match the template's labels.
  template PodTemplateSpec ! | What the pods look like.
  strategy DeploymentStrategy ={}
  minReadySeconds int32
  revisionHistoryLimit int32 =10
  paused bool
  progressDeadlineSeconds int32 =600
DeploymentStrategy
  type string =RollingUpdate {Recreate,RollingUpdate}
  rollingUpdate RollingUpdate
RollingUpdate
  maxUnavailable intstr pattern=share
  maxSurge intstr pattern=share
  partition int32
DeploymentStatus
  observedGeneration int64
  replicas int32
  updatedReplicas int32
  readyReplicas int32
  availableReplicas int32
  unavailableReplicas int32
  terminatingReplicas int32
  conditions []Condition @type
  collisionCount int32
ReplicaSet | Keeps a number of equal pods running.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec ReplicaSetSpec ={}
  status ReplicaSetStatus
ReplicaSetSpec
  replicas int32 =1
  minReadySeconds int32
  selector LabelSelector !
  template PodTemplateSpec ={}
ReplicaSetStatus
  replicas int32
  fullyLabeledReplicas int32
  readyReplicas int32
  availableReplicas int32
  terminatingReplicas int32
  observedGeneration int64
  conditions []Condition @type
DaemonSet | Keeps a pod on every matching node.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec DaemonSetSpec ={}
  status DaemonSetStatus
DaemonSetSpec
  selector LabelSelector !
  template PodTemplateSpec !
  updateStrategy DaemonSetUpdateStrategy ={}
  minReadySeconds int32
  revisionHistoryLimit int32 =10
DaemonSetUpdateStrategy
  type string =RollingUpdate {RollingUpdate,OnDelete}
  rollingUpdate RollingUpdate
DaemonSetStatus
  currentNumberScheduled int32
  numberMisscheduled int32
  desiredNumberScheduled int32
  numberReady int32
  observedGeneration int64
  updatedNumberScheduled int32
  numberAvailable int32
  numberUnavailable int32
  collisionCount int32
  conditions []Condition @type
StatefulSet | Keeps numbered pods running, each with its own identity.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec StatefulSetSpec ={}
  status StatefulSetStatus
StatefulSetSpec
  replicas int32 =1
  selector LabelSelector !
  template PodTemplateSpec !
  volumeClaimTemplates []any
  serviceName string
  podManagementPolicy string =OrderedReady {OrderedReady,Parallel}
  updateStrategy StatefulSetUpdateStrategy ={}
  revisionHistoryLimit int32 =10
  minReadySeconds int32
  persistentVolumeClaimRetentionPolicy any
  ordinals any
StatefulSetUpdateStrategy
  type string =RollingUpdate {RollingUpdate,OnDelete}
  rollingUpdate RollingUpdate
StatefulSetStatus
  observedGeneration int64
  replicas int32
  readyReplicas int32
  currentReplicas int32
  updatedReplicas int32
  currentRevision string
  updateRevision string
  collisionCount int32
  availableReplicas int32
  conditions []Condition @type
Lease | A lock with a holder and a term.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec LeaseSpec
LeaseSpec
  holderIdentity string
  leaseDurationSeconds int32
  acquireTime time
  renewTime time
  leaseTransitions int32
  strategy string
  preferredHolder string
"""
