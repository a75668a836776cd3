"""Types of the core group. Source: Kubernetes 1.35 API reference (names, types, defaults)."""

TABLE = """
ObjectMeta | What every object carries besides its content.
  name string | Unique among the objects of its kind in its namespace.
  generateName string | Prefix from which the server makes a name where none is given.
  namespace string | The space in which the name is unique.
  selfLink string
  uid string | Unique over space and time, set by the server.
  resourceVersion string | Changes with every write.
  generation int64 | Counts changes of the desired state.
  creationTimestamp time
  deletionTimestamp time | When the object goes away; set by the server once deletion has begun.
  deletionGracePeriodSeconds int64
  labels map[string] | Keys and values by which selectors find the object.
  annotations map[string] | Keys and values for tools; nothing selects by them.
  ownerReferences []OwnerReference @uid | Objects on which this one depends.
  finalizers []string @@ | What must be done before the object may go away.
  managedFields []any
OwnerReference | An object that owns this one.
  apiVersion string !
  kind string !
  name string !
  uid string !
  controller bool
  blockOwnerDeletion bool
ObjectReference | Names another object.
  kind string
  namespace string
  name string
  uid string
  apiVersion string
  resourceVersion string
  fieldPath string
LocalObjectReference | Names an object of the same namespace.
  name string
TypedLocalObjectReference | Names an object of the same namespace and its kind.
  apiGroup string
  kind string !
  name string !
LabelSelector | A query over labels; both parts must hold, an empty one selects everything.
  matchLabels map[string] | Each key must have exactly this value.
  matchExpressions []LabelSelectorRequirement | Each condition must hold.
LabelSelectorRequirement | A key, an operator and values.
  key string !
  operator string ! {In,NotIn,Exists,DoesNotExist}
  values []string
Condition | An observation about an object.
  type string !
  status string !
  observedGeneration int64
  lastTransitionTime time
  lastUpdateTime time
  lastProbeTime time
  lastHeartbeatTime time
  reason string
  message string
Namespace | A space for names.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec NamespaceSpec
  status NamespaceStatus
NamespaceSpec
  finalizers []string
NamespaceStatus
  phase string
  conditions []Condition @type
Node | A worker machine.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec NodeSpec | How the node shall behave.
  status NodeStatus | What was last seen of the node.
NodeSpec
  podCIDR string | The range from which its pods get addresses.
  podCIDRs []string @@
  providerID string
  unschedulable bool | Keeps new pods away.
  taints []Taint | What pods must tolerate to come here.
  configSource any
  externalID string
Taint
  key string !
  value string
  effect string ! {NoSchedule,PreferNoSchedule,NoExecute}
  timeAdded time
NodeStatus
  capacity map[quantity]
  allocatable map[quantity]
  phase string
  conditions []Condition @type
  addresses []NodeAddress @type
  daemonEndpoints any
  nodeInfo any
  images []any
  volumesInUse []string
  volumesAttached []any
  config any
  runtimeHandlers []any
  features any
  declaredFeatures []string
NodeAddress
  type string !
  address string !
CustomResourceDefinition | Adds a kind to the server.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec CustomResourceDefinitionSpec ={}
  status any
CustomResourceDefinitionSpec
  group string ! | The API group of the kind.
  names CustomResourceDefinitionNames ={}
  scope string ! {Cluster,Namespaced}
  versions []CustomResourceDefinitionVersion !
  conversion any
  preserveUnknownFields bool
CustomResourceDefinitionNames
  plural string !
  singular string
  shortNames []string
  kind string !
  listKind string
  categories []string
CustomResourceDefinitionVersion
  name string !
  served bool
  storage bool
  deprecated bool
  deprecationWarning string
  schema any
  subresources any
  additionalPrinterColumns []any
  selectableFields []any
Pod | A group of containers that run together on one node.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec PodSpec ={} | What shall run, and how.
  status PodStatus | What was last seen of the pod.
PodTemplateSpec | What pods made from it look like.
  metadata ObjectMeta
  spec PodSpec ={}
PodSpec | What shall run in a pod.
  volumes []Volume @name
  initContainers []Container @name | Run one after another before the containers start.
  containers []Container ! @name | The containers of the pod; at least one.
  ephemeralContainers []any @name
  restartPolicy string =Always {Always,OnFailure,Never}
  terminationGracePeriodSeconds int64 =30
  activeDeadlineSeconds int64
  dnsPolicy string =ClusterFirst {ClusterFirstWithHostNet,ClusterFirst,Default,None}
  nodeSelector map[string] | Labels that the node must have.
  serviceAccountName string
  serviceAccount string
  automountServiceAccountToken bool
  nodeName string | The node on which the pod runs; set by the scheduler.
  hostNetwork bool | Use the node's network instead of an own one.
  hostPID bool
  hostIPC bool
  shareProcessNamespace bool
  securityContext any ={}
  imagePullSecrets []LocalObjectReference @name
  hostname string
  hostnameOverride string
  subdomain string
  affinity Affinity
  schedulerName string =default-scheduler
  tolerations []Toleration
  hostAliases []HostAlias @ip
  priorityClassName string
  priority int32
  dnsConfig PodDNSConfig
  readinessGates []any
  runtimeClassName string
  enableServiceLinks bool
  preemptionPolicy string
  overhead map[quantity]
  topologySpreadConstraints []any @topologyKey
  setHostnameAsFQDN bool
  os any
  hostUsers bool
  schedulingGates []any @name
  resourceClaims []any @name
  resources any
HostAlias
  ip string !
  hostnames []string
PodDNSConfig
  nameservers []string
  searches []string
  options []any
Toleration
  key string
  operator string {Exists,Equal}
  value string
  effect string {NoSchedule,PreferNoSchedule,NoExecute}
  tolerationSeconds int64
Affinity | Rules for choosing a node.
  nodeAffinity NodeAffinity
  podAffinity PodAffinity
  podAntiAffinity PodAffinity
NodeAffinity
  requiredDuringSchedulingIgnoredDuringExecution NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution []any
NodeSelector
  nodeSelectorTerms []NodeSelectorTerm !
NodeSelectorTerm
  matchExpressions []NodeSelectorRequirement
  matchFields []NodeSelectorRequirement
NodeSelectorRequirement
  key string !
  operator string ! {In,NotIn,Exists,DoesNotExist,Gt,Lt}
  values []string
PodAffinity
  requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution []any
PodAffinityTerm
  labelSelector LabelSelector
  namespaces []string
  topologyKey string !
  namespaceSelector LabelSelector
  matchLabelKeys []string
  mismatchLabelKeys []string
Container | One application container of a pod.
  name string ! | Unique within the pod.
  image string
  command []string | Replaces the image's entry point.
  args []string
  workingDir string
  ports []ContainerPort @containerPort
  envFrom []any
  env []EnvVar @name
  resources any ={}
  resizePolicy []any
  restartPolicy string
  restartPolicyRules []any
  volumeMounts []VolumeMount @mountPath
  volumeDevices []any @devicePath
  livenessProbe Probe
  readinessProbe Probe
  startupProbe Probe
  lifecycle any
  terminationMessagePath string =/dev/termination-log
  terminationMessagePolicy string =File {File,FallbackToLogsOnError}
  imagePullPolicy string {Always,IfNotPresent,Never}
  securityContext any
  stdin bool
  stdinOnce bool
  tty bool
ContainerPort
  name string
  hostPort int32 min=1 max=65535
  containerPort int32 ! min=1 max=65535
  protocol string =TCP {SCTP,TCP,UDP}
  hostIP string
EnvVar
  name string !
  value string
  valueFrom any
VolumeMount
  name string !
  readOnly bool
  recursiveReadOnly string
  mountPath string !
  subPath string
  subPathExpr string
  mountPropagation string {Bidirectional,HostToContainer,None}
Probe | How the kubelet looks after a container.
  exec any
  httpGet HTTPGetAction
  tcpSocket any
  grpc any
  initialDelaySeconds int32
  timeoutSeconds int32 =1
  periodSeconds int32 =10
  successThreshold int32 =1
  failureThreshold int32 =3
  terminationGracePeriodSeconds int64
HTTPGetAction
  path string =/
  port intstr !
  host string
  scheme string =HTTP {HTTP,HTTPS}
  httpHeaders []any
Volume
  name string !
  hostPath HostPathVolumeSource
  emptyDir any
  secret SecretVolumeSource
  configMap ConfigMapVolumeSource
  projected ProjectedVolumeSource
  persistentVolumeClaim any
  downwardAPI any
  csi any
  nfs any
  ephemeral any
  image any
  iscsi any
  gcePersistentDisk any
  awsElasticBlockStore any
  azureDisk any
  azureFile any
  cephfs any
  cinder any
  fc any
  flexVolume any
  flocker any
  gitRepo any
  glusterfs any
  photonPersistentDisk any
  portworxVolume any
  quobyte any
  rbd any
  scaleIO any
  storageos any
  vsphereVolume any
HostPathVolumeSource
  path string !
  type string =
SecretVolumeSource
  secretName string
  items []any
  defaultMode int32 =420
  optional bool
ConfigMapVolumeSource
  name string
  items []any
  defaultMode int32 =420
  optional bool
ProjectedVolumeSource
  sources []any
  defaultMode int32 =420
PodStatus
  observedGeneration int64
  phase string | Pending, Running, Succeeded, Failed or Unknown.
  conditions []Condition @type
  message string
  reason string
  nominatedNodeName string
  hostIP string
  hostIPs []any
  podIP string
  podIPs []any @ip
  startTime time
  initContainerStatuses []any
  containerStatuses []any
  ephemeralContainerStatuses []any
  qosClass string
  resize string
  resourceClaimStatuses []any @name
  extendedResourceClaimStatus any
  allocatedResources any
  resources any
PodTemplate
  apiVersion string
  kind string
  metadata ObjectMeta
  template PodTemplateSpec
Service | A stable name and address for a set of pods.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec ServiceSpec ={}
  status ServiceStatus
ServiceSpec
  ports []ServicePort @port
  selector map[string] | Labels of the pods behind the service.
  clusterIP string
  clusterIPs []string
  type string =ClusterIP {ClusterIP,ExternalName,LoadBalancer,NodePort}
  externalIPs []string
  sessionAffinity string =None {ClientIP,None}
  loadBalancerIP string
  loadBalancerSourceRanges []string
  externalName string
  externalTrafficPolicy string {Cluster,Local}
  healthCheckNodePort int32
  publishNotReadyAddresses bool
  sessionAffinityConfig any
  ipFamilies []string
  ipFamilyPolicy string {SingleStack,PreferDualStack,RequireDualStack}
  allocateLoadBalancerNodePorts bool
  loadBalancerClass string
  internalTrafficPolicy string {Cluster,Local}
  trafficDistribution string
ServicePort
  name string
  protocol string =TCP {SCTP,TCP,UDP}
  appProtocol string
  port int32 ! min=1 max=65535
  targetPort intstr
  nodePort int32
ServiceStatus
  loadBalancer any
  conditions []Condition @type
Endpoints
  apiVersion string
  kind string
  metadata ObjectMeta
  subsets []any
ConfigMap | Configuration data for pods to read.
  apiVersion string
  kind string
  metadata ObjectMeta
  immutable bool
  data map[string]
  binaryData map[bytes]
Secret | Confidential data for pods to read.
  apiVersion string
  kind string
  metadata ObjectMeta
  immutable bool
  data map[bytes]
  stringData map[string]
  type string =Opaque
ServiceAccount | An identity for pods.
  apiVersion string
  kind string
  metadata ObjectMeta
  secrets []ObjectReference @name
  imagePullSecrets []LocalObjectReference
  automountServiceAccountToken bool
Event | A report about something that happened.
  apiVersion string
  kind string
  metadata ObjectMeta
  involvedObject ObjectReference !
  reason string
  message string
  source any
  firstTimestamp time
  lastTimestamp time
  count int32
  type string
  eventTime time
  series any
  action string
  related ObjectReference
  reportingComponent string
  reportingInstance string
"""
