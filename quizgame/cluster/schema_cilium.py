"""Types of Cilium's custom resources besides network policies. Source: CRDs of the Cilium 1.19 branch point."""

_ADDRESS = (
    r"((^\s*((([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9"
    r"]|25[0-5]))\s*$)|(^\s*((([0-9A-Fa-f]{1,4}:){7}([0-9A-Fa-f]{1,4}|:))|(([0-9A-Fa-f]{1,4}:){6}(:[0-9A-F"
    r"a-f]{1,4}|((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})|:))|(([0-9A-Fa"
    r"-f]{1,4}:){5}(((:[0-9A-Fa-f]{1,4}){1,2})|:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d"
    r"\d|[1-9]?\d)){3})|:))|(([0-9A-Fa-f]{1,4}:){4}(((:[0-9A-Fa-f]{1,4}){1,3})|((:[0-9A-Fa-f]{1,4})?:((25["
    r"0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9A-Fa-f]{1,4}:){3}("
    r"((:[0-9A-Fa-f]{1,4}){1,4})|((:[0-9A-Fa-f]{1,4}){0,2}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2"
    r"[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9A-Fa-f]{1,4}:){2}(((:[0-9A-Fa-f]{1,4}){1,5})|((:[0-9A-Fa-f]{"
    r"1,4}){0,3}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9A-"
    r"Fa-f]{1,4}:){1}(((:[0-9A-Fa-f]{1,4}){1,6})|((:[0-9A-Fa-f]{1,4}){0,4}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?"
    r"\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(:(((:[0-9A-Fa-f]{1,4}){1,7})|((:[0-9A-Fa-f]{1,4})"
    r"{0,5}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:)))(%.+)?\s*$))"
)
_PREFIX = (
    r"^(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\/([0-9]|["
    r"1-2][0-9]|3[0-2])$|^s*((([0-9A-Fa-f]{1,4}:){7}([0-9A-Fa-f]{1,4}|:))|(([0-9A-Fa-f]{1,4}:){6}(:[0-9A-F"
    r"a-f]{1,4}|((25[0-5]|2[0-4]d|1dd|[1-9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3})|:))|(([0-9A-Fa-f]{1,4}:"
    r"){5}(((:[0-9A-Fa-f]{1,4}){1,2})|:((25[0-5]|2[0-4]d|1dd|[1-9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3})|"
    r":))|(([0-9A-Fa-f]{1,4}:){4}(((:[0-9A-Fa-f]{1,4}){1,3})|((:[0-9A-Fa-f]{1,4})?:((25[0-5]|2[0-4]d|1dd|["
    r"1-9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3}))|:))|(([0-9A-Fa-f]{1,4}:){3}(((:[0-9A-Fa-f]{1,4}){1,4})|"
    r"((:[0-9A-Fa-f]{1,4}){0,2}:((25[0-5]|2[0-4]d|1dd|[1-9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3}))|:))|(("
    r"[0-9A-Fa-f]{1,4}:){2}(((:[0-9A-Fa-f]{1,4}){1,5})|((:[0-9A-Fa-f]{1,4}){0,3}:((25[0-5]|2[0-4]d|1dd|[1-"
    r"9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3}))|:))|(([0-9A-Fa-f]{1,4}:){1}(((:[0-9A-Fa-f]{1,4}){1,6})|(("
    r":[0-9A-Fa-f]{1,4}){0,4}:((25[0-5]|2[0-4]d|1dd|[1-9]?d)(.(25[0-5]|2[0-4]d|1dd|[1-9]?d)){3}))|:))|(:(("
    r"(:[0-9A-Fa-f]{1,4}){1,7})|((:[0-9A-Fa-f]{1,4}){0,5}:((25[0-5]|2[0-4]d|1dd|[1-9]?d)(.(25[0-5]|2[0-4]d"
    r"|1dd|[1-9]?d)){3}))|:)))(%.+)?s*(\/(12[0-8]|1[0-1][0-9]|[1-9][0-9]|[0-9]))$"
)
PATTERNS: dict[str, str] = {
    "address": _ADDRESS,
    "prefix": _PREFIX,
    "ipv4": r"((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}",
    "port": r"^([0-9]{1,4})|([0-5][0-9]{4})|(6[0-4][0-9]{3})|(65[0-4][0-9]{2})|(655[0-2][0-9])|(6553[0-5])$",
    "name": r"^([0-9A-Za-z-]+)$",
    "hostname": r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "section": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "duration": r"^([0-9]{1,5}(h|m|s|ms)){1,4}$",
    "controller": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    r"\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$",
}
"""Patterns by the names that the tables use."""

TABLE = """
Selector | A query over labels.
  matchLabels map[string]
  matchExpressions []SelectorRequirement
SelectorRequirement | A key, an operator and values.
  key string !
  operator string ! {In,NotIn,Exists,DoesNotExist}
  values []string
LocalName | Names an object of the same kind of place.
  name string !
CiliumBGPClusterConfig | Which nodes speak BGP, and with whom.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec BGPClusterSpec !
  status any
BGPClusterSpec
  nodeSelector Selector | Nodes on which the configuration applies; none: all.
  bgpInstances []BGPInstance ! minItems=1 maxItems=16 | One virtual router each.
BGPInstance
  name string ! minLength=1 maxLength=255
  localASN int64 min=1 max=4294967295
  localPort int32 min=1 max=65535
  peers []BGPPeer
BGPPeer
  name string ! minLength=1 maxLength=255
  peerAddress string pattern=address
  peerASN int64 =0 min=0 max=4294967295
  autoDiscovery BGPAutoDiscovery
  peerConfigRef LocalName
BGPAutoDiscovery
  mode string ! {DefaultGateway}
  defaultGateway any
CiliumBGPPeerConfig | How sessions with peers are kept.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec BGPPeerSpec !
  status any
BGPPeerSpec
  transport BGPTransport
  timers BGPTimers
  authSecretRef string
  gracefulRestart BGPGracefulRestart
  ebgpMultihop int32 =1 min=1 max=255
  families []BGPFamily
BGPTransport
  peerPort int32 =179 min=1 max=65535
  sourceInterface string
BGPTimers
  connectRetryTimeSeconds int32 =120 min=1 max=2147483647
  holdTimeSeconds int32 =90 min=3 max=65535
  keepAliveTimeSeconds int32 =30 min=1 max=65535
BGPGracefulRestart
  enabled bool !
  restartTimeSeconds int32 =120 min=1 max=4095
BGPFamily
  afi string ! {ipv4,ipv6,l2vpn,ls,opaque}
  safi string ! {unicast,multicast,mpls_label,encapsulation,vpls,evpn,ls,sr_policy,mup,mpls_vpn,mpls_vpn_multicast,route_target_constraints,flowspec_unicast,flowspec_vpn,key_value}
  advertisements Selector
CiliumBGPAdvertisement | What is advertised.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec BGPAdvertisementSpec !
BGPAdvertisementSpec
  advertisements []BGPAdvertised ! minItems=1
BGPAdvertised
  advertisementType string ! {PodCIDR,CiliumPodIPPool,Service,Interface}
  service BGPService
  interface LocalName
  selector Selector
  attributes BGPAttributes
BGPService
  addresses []string ! {LoadBalancerIP,ClusterIP,ExternalIP} minItems=1
  aggregationLengthIPv4 int32 min=1 max=31
  aggregationLengthIPv6 int32 min=1 max=127
BGPAttributes
  communities any
  localPreference int64 min=0 max=4294967295
CiliumBGPNodeConfig | What one node does; written by the operator.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec any !
  status any
CiliumBGPNodeConfigOverride | What differs on one node.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec BGPOverrideSpec !
BGPOverrideSpec
  bgpInstances []BGPOverrideInstance ! minItems=1
BGPOverrideInstance
  name string ! minLength=1 maxLength=255
  routerID string format=ipv4
  localPort int32
  localASN int64 min=1 max=4294967295
  srv6Responder any
  peers []BGPOverridePeer
BGPOverridePeer
  name string ! minLength=1 maxLength=255
  localAddress string pattern=address
  localPort int32
CiliumLoadBalancerIPPool | Addresses for services of type LoadBalancer.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec PoolSpec !
  status any
PoolSpec
  serviceSelector Selector | Services that may use the pool; none: all.
  allowFirstLastIPs string {Yes,No}
  blocks []PoolBlock
  disabled bool =false | Whether the pool gives out no more addresses.
PoolBlock
  cidr string format=cidr
  start string pattern=address
  stop string pattern=address
CiliumL2AnnouncementPolicy | Which nodes answer ARP for which services.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec L2Spec
  status any
L2Spec
  nodeSelector Selector
  serviceSelector Selector
  loadBalancerIPs bool
  externalIPs bool
  interfaces []string
CiliumEgressGatewayPolicy | Which pods leave the cluster through which node and address.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec EgressSpec
EgressSpec
  selectors []EgressRule ! | The pods.
  destinationCIDRs []string ! pattern=prefix | Destinations for which the gateway is used.
  excludedCIDRs []string pattern=prefix
  egressGateway EgressGateway ! | The node and the address.
  egressGateways []EgressGateway
EgressRule
  namespaceSelector Selector
  podSelector Selector
  nodeSelector Selector
EgressGateway
  nodeSelector Selector !
  interface string
  egressIP string pattern=ipv4
CiliumLocalRedirectPolicy | Sends traffic for a frontend to a backend on the same node.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec RedirectSpec
  status any
RedirectSpec
  description string
  redirectFrontend RedirectFrontend !
  redirectBackend RedirectBackend !
  skipRedirectFromBackend bool =false
RedirectFrontend
  addressMatcher RedirectAddress
  serviceMatcher RedirectService
RedirectAddress
  ip string ! pattern=ipv4
  toPorts []RedirectPort !
RedirectService
  serviceName string !
  namespace string !
  toPorts []RedirectPort
RedirectBackend
  localEndpointSelector Selector !
  toPorts []RedirectPort !
RedirectPort
  port string ! pattern=port
  protocol string ! {TCP,UDP}
  name string pattern=name
CiliumPodIPPool | Ranges from which multi-pool IPAM takes pod ranges.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec PodPoolSpec !
PodPoolSpec
  ipv4 PodPoolV4
  ipv6 PodPoolV6
  podSelector Selector
  namespaceSelector Selector
PodPoolV4
  cidrs []string ! format=cidr minItems=1
  maskSize int32 ! min=1 max=32
PodPoolV6
  cidrs []string ! minItems=1
  maskSize int32 ! min=1 max=128
CiliumNodeConfig | Configuration of agents on some nodes.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec NodeConfigSpec !
NodeConfigSpec
  defaults map[string] !
  nodeSelector Selector !
CiliumGatewayClassConfig | Parameters of a GatewayClass of Cilium.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec GatewayClassParameters
  status any
GatewayClassParameters
  description string maxLength=64
  service GatewayServiceParameters
GatewayServiceParameters
  type string =LoadBalancer {ClusterIP,LoadBalancer,NodePort}
  externalTrafficPolicy string =Cluster {Cluster,Local}
  loadBalancerClass string
  ipFamilies []string {IPv4,IPv6}
  ipFamilyPolicy string {SingleStack,PreferDualStack,RequireDualStack}
  loadBalancerSourceRanges []string
  loadBalancerSourceRangesPolicy string =Allow {Allow,Deny}
  trafficDistribution string
  allocateLoadBalancerNodePorts bool
CiliumIdentity | Labels that share one numeric identity.
  apiVersion string
  kind string
  metadata ObjectMeta
  security-labels map[string] ! | The labels, with their sources.
CiliumEnvoyConfig | Envoy resources for services of a namespace.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec EnvoySpec
CiliumClusterwideEnvoyConfig | Envoy resources for services of any namespace.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec EnvoySpec
EnvoySpec
  services []EnvoyService
  backendServices []EnvoyBackend
  resources []map[any] !
  nodeSelector Selector
EnvoyService
  name string !
  namespace string
  ports []int32
  listener string
EnvoyBackend
  name string !
  namespace string
  number []string
"""  # noqa: E501 - a row of the table cannot be broken
