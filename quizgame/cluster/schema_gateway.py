"""Types of Gateway API's custom resources. Source: Gateway API 1.4.1 CRDs (standard channel)."""

TABLE = """
GatewayClass | A kind of gateway, and who runs it.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec GatewayClassSpec !
  status any
GatewayClassSpec
  controllerName string ! minLength=1 maxLength=253 pattern=controller
  parametersRef ParametersReference
  description string maxLength=64
ParametersReference
  group string !
  kind string !
  name string !
  namespace string
Gateway | A point where traffic enters the cluster.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec GatewaySpec !
  status any
GatewaySpec
  gatewayClassName string ! minLength=1 maxLength=253
  listeners []Listener ! minItems=1 maxItems=64
  addresses []GatewayAddress
  infrastructure GatewayInfrastructure
  allowedListeners any
GatewayInfrastructure
  labels map[string]
  annotations map[string]
  parametersRef any
GatewayAddress
  type string =IPAddress
  value string maxLength=253
Listener
  name string ! minLength=1 maxLength=253 pattern=section
  hostname string minLength=1 maxLength=253 pattern=hostname
  port int32 ! min=1 max=65535
  protocol string ! minLength=1 maxLength=255
  tls ListenerTLS
  allowedRoutes AllowedRoutes ={}
ListenerTLS
  mode string =Terminate {Terminate,Passthrough}
  certificateRefs []SecretReference maxItems=64
  options map[string]
  frontendValidation any
SecretReference
  group string =
  kind string =Secret
  name string !
  namespace string
AllowedRoutes
  namespaces RouteNamespaces ={}
  kinds []RouteKind maxItems=8
RouteNamespaces
  from string =Same {All,Selector,Same}
  selector Selector
RouteKind
  group string =gateway.networking.k8s.io
  kind string !
ParentReference
  group string =gateway.networking.k8s.io
  kind string =Gateway
  namespace string
  name string ! minLength=1 maxLength=253
  sectionName string
  port int32 min=1 max=65535
HTTPRoute | How HTTP requests reach services.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec HTTPRouteSpec !
  status any
HTTPRouteSpec
  parentRefs []ParentReference maxItems=32
  hostnames []string maxItems=16 pattern=hostname
  rules []HTTPRouteRule maxItems=16
HTTPRouteRule
  name string
  matches []HTTPRouteMatch maxItems=64
  filters []HTTPRouteFilter maxItems=16
  backendRefs []HTTPBackendRef maxItems=16
  timeouts HTTPRouteTimeouts
  retry any
  sessionPersistence any
HTTPRouteTimeouts
  request string pattern=duration
  backendRequest string pattern=duration
HTTPRouteMatch
  path HTTPPathMatch ={}
  headers []HTTPHeaderMatch maxItems=16
  queryParams []HTTPHeaderMatch maxItems=16
  method string {GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH}
HTTPPathMatch
  type string =PathPrefix {Exact,PathPrefix,RegularExpression}
  value string =/ maxLength=1024
HTTPHeaderMatch
  type string =Exact {Exact,RegularExpression}
  name string ! minLength=1 maxLength=256
  value string ! minLength=1 maxLength=4096
HTTPRouteFilter
  type string ! {RequestHeaderModifier,ResponseHeaderModifier,RequestMirror,RequestRedirect,URLRewrite,ExtensionRef,CORS}
  requestHeaderModifier HTTPHeaderFilter
  responseHeaderModifier HTTPHeaderFilter
  requestMirror HTTPRequestMirror
  requestRedirect HTTPRequestRedirect
  urlRewrite HTTPURLRewrite
  extensionRef any
  cors any
HTTPHeaderFilter
  set []HTTPHeader maxItems=16
  add []HTTPHeader maxItems=16
  remove []string maxItems=16
HTTPHeader
  name string ! minLength=1 maxLength=256
  value string ! minLength=1 maxLength=4096
HTTPRequestMirror
  backendRef MirrorBackend !
  percent int32 min=0 max=100
  fraction any
MirrorBackend
  group string =
  kind string =Service
  name string ! minLength=1 maxLength=253
  namespace string
  port int32 min=1 max=65535
HTTPRequestRedirect
  scheme string {http,https}
  hostname string minLength=1 maxLength=253 pattern=hostname
  path HTTPPathModifier
  port int32 min=1 max=65535
  statusCode int32 =302
HTTPURLRewrite
  hostname string minLength=1 maxLength=253 pattern=hostname
  path HTTPPathModifier
HTTPPathModifier
  type string ! {ReplaceFullPath,ReplacePrefixMatch}
  replaceFullPath string maxLength=1024
  replacePrefixMatch string maxLength=1024
HTTPBackendRef
  group string =
  kind string =Service
  name string ! minLength=1 maxLength=253
  namespace string
  port int32 min=1 max=65535
  weight int32 =1 min=0 max=1000000
  filters []HTTPRouteFilter maxItems=16
GRPCRoute | How gRPC calls reach services.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec GRPCRouteSpec
  status any
GRPCRouteSpec
  parentRefs []ParentReference maxItems=32
  hostnames []string maxItems=16 pattern=hostname
  rules []GRPCRouteRule maxItems=16
GRPCRouteRule
  name string
  matches []GRPCRouteMatch maxItems=64
  filters []GRPCRouteFilter maxItems=16
  backendRefs []HTTPBackendRef maxItems=16
  sessionPersistence any
GRPCRouteFilter
  type string ! {RequestHeaderModifier,ResponseHeaderModifier,RequestMirror,ExtensionRef}
  requestHeaderModifier HTTPHeaderFilter
  responseHeaderModifier HTTPHeaderFilter
  requestMirror HTTPRequestMirror
  extensionRef any
GRPCRouteMatch
  method GRPCMethodMatch
  headers []HTTPHeaderMatch maxItems=16
GRPCMethodMatch
  type string =Exact {Exact,RegularExpression}
  service string maxLength=1024
  method string maxLength=1024
TLSRoute | How TLS connections reach services, unopened.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec TLSRouteSpec !
  status any
TLSRouteSpec
  parentRefs []ParentReference maxItems=32
  hostnames []string ! minItems=1 maxItems=16 pattern=hostname
  rules []TLSRouteRule ! minItems=1 maxItems=1
TLSRouteRule
  name string
  backendRefs []TLSBackendRef ! minItems=1 maxItems=16
TLSBackendRef
  group string =
  kind string =Service
  name string ! minLength=1 maxLength=253
  namespace string
  port int32 min=1 max=65535
  weight int32 =1 min=0 max=1000000
ReferenceGrant | Lets objects of other namespaces refer to objects of this one.
  apiVersion string
  kind string
  metadata ObjectMeta
  spec ReferenceGrantSpec
ReferenceGrantSpec
  from []GrantFrom ! minItems=1 maxItems=16
  to []GrantTo ! minItems=1 maxItems=16
GrantFrom
  group string !
  kind string !
  namespace string !
GrantTo
  group string !
  kind string !
  name string
"""  # noqa: E501 - a row of the table cannot be broken
