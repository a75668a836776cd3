"""Types of the networking and discovery groups. Source: Kubernetes 1.35 API reference (names, types, defaults)."""

TABLE = """
NetworkPolicy | What traffic a set of pods may have.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec NetworkPolicySpec ={}
NetworkPolicySpec
  podSelector LabelSelector | The pods that the policy applies to; an empty one selects all of the namespace.
  ingress []NetworkPolicyIngressRule | What may come in.
  egress []NetworkPolicyEgressRule | What may go out.
  policyTypes []string {Ingress,Egress} | Directions that the policy restricts.
NetworkPolicyIngressRule
  ports []NetworkPolicyPort
  from []NetworkPolicyPeer
NetworkPolicyEgressRule
  ports []NetworkPolicyPort
  to []NetworkPolicyPeer
NetworkPolicyPort
  protocol string =TCP {SCTP,TCP,UDP}
  port intstr
  endPort int32
NetworkPolicyPeer
  podSelector LabelSelector
  namespaceSelector LabelSelector
  ipBlock IPBlock
IPBlock
  cidr string !
  except []string
Ingress | Rules that bring outside HTTP requests to services.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec IngressSpec ={}
  status IngressStatus
IngressSpec
  ingressClassName string
  defaultBackend IngressBackend
  tls []IngressTLS
  rules []IngressRule
IngressTLS
  hosts []string
  secretName string
IngressRule
  host string
  http HTTPIngressRuleValue
HTTPIngressRuleValue
  paths []HTTPIngressPath !
HTTPIngressPath
  path string
  pathType string ! {Exact,ImplementationSpecific,Prefix}
  backend IngressBackend !
IngressBackend
  service IngressServiceBackend
  resource TypedLocalObjectReference
IngressServiceBackend
  name string !
  port ServiceBackendPort
ServiceBackendPort
  name string
  number int32
IngressStatus
  loadBalancer any
IngressClass | A kind of ingress controller.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec IngressClassSpec
IngressClassSpec
  controller string
  parameters any
EndpointSlice | A part of the addresses behind a service.
  apiVersion string
  kind string
  metadata ObjectMeta
  addressType string ! {FQDN,IPv4,IPv6}
  endpoints []EndpointSliceEndpoint
  ports []EndpointPort
EndpointSliceEndpoint
  addresses []string !
  conditions EndpointConditions
  hostname string
  targetRef ObjectReference
  deprecatedTopology map[string]
  nodeName string
  zone string
  hints any
EndpointConditions
  ready bool
  serving bool
  terminating bool
EndpointPort
  name string
  protocol string =TCP
  port int32
  appProtocol string
"""
