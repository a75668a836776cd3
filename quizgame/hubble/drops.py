"""Why packets are dropped: the datapath's numbers, the API's names, the monitor's texts.

# Source: cilium/cilium v1.19 pkg/monitor/api/drop.go and api/v1/flow/flow.proto.
"""

from __future__ import annotations

from quizgame.hubble.enums import ApiEnum


class DropReason(ApiEnum):
    """``drop_reason_desc`` of a flow; `number` is also ``drop_reason`` and the drop event's sub-type."""

    DROP_REASON_UNKNOWN = "DROP_REASON_UNKNOWN", 0
    INVALID_SOURCE_MAC = "INVALID_SOURCE_MAC", 130
    INVALID_DESTINATION_MAC = "INVALID_DESTINATION_MAC", 131
    INVALID_SOURCE_IP = "INVALID_SOURCE_IP", 132
    POLICY_DENIED = "POLICY_DENIED", 133
    INVALID_PACKET_DROPPED = "INVALID_PACKET_DROPPED", 134
    CT_TRUNCATED_OR_INVALID_HEADER = "CT_TRUNCATED_OR_INVALID_HEADER", 135
    CT_MISSING_TCP_ACK_FLAG = "CT_MISSING_TCP_ACK_FLAG", 136
    CT_UNKNOWN_L4_PROTOCOL = "CT_UNKNOWN_L4_PROTOCOL", 137
    CT_CANNOT_CREATE_ENTRY_FROM_PACKET = "CT_CANNOT_CREATE_ENTRY_FROM_PACKET", 138
    UNSUPPORTED_L3_PROTOCOL = "UNSUPPORTED_L3_PROTOCOL", 139
    MISSED_TAIL_CALL = "MISSED_TAIL_CALL", 140
    ERROR_WRITING_TO_PACKET = "ERROR_WRITING_TO_PACKET", 141
    UNKNOWN_L4_PROTOCOL = "UNKNOWN_L4_PROTOCOL", 142
    UNKNOWN_ICMPV4_CODE = "UNKNOWN_ICMPV4_CODE", 143
    UNKNOWN_ICMPV4_TYPE = "UNKNOWN_ICMPV4_TYPE", 144
    UNKNOWN_ICMPV6_CODE = "UNKNOWN_ICMPV6_CODE", 145
    UNKNOWN_ICMPV6_TYPE = "UNKNOWN_ICMPV6_TYPE", 146
    ERROR_RETRIEVING_TUNNEL_KEY = "ERROR_RETRIEVING_TUNNEL_KEY", 147
    ERROR_RETRIEVING_TUNNEL_OPTIONS = "ERROR_RETRIEVING_TUNNEL_OPTIONS", 148
    INVALID_GENEVE_OPTION = "INVALID_GENEVE_OPTION", 149
    UNKNOWN_L3_TARGET_ADDRESS = "UNKNOWN_L3_TARGET_ADDRESS", 150
    STALE_OR_UNROUTABLE_IP = "STALE_OR_UNROUTABLE_IP", 151
    NO_MATCHING_LOCAL_CONTAINER_FOUND = "NO_MATCHING_LOCAL_CONTAINER_FOUND", 152
    ERROR_WHILE_CORRECTING_L3_CHECKSUM = "ERROR_WHILE_CORRECTING_L3_CHECKSUM", 153
    ERROR_WHILE_CORRECTING_L4_CHECKSUM = "ERROR_WHILE_CORRECTING_L4_CHECKSUM", 154
    CT_MAP_INSERTION_FAILED = "CT_MAP_INSERTION_FAILED", 155
    INVALID_IPV6_EXTENSION_HEADER = "INVALID_IPV6_EXTENSION_HEADER", 156
    IP_FRAGMENTATION_NOT_SUPPORTED = "IP_FRAGMENTATION_NOT_SUPPORTED", 157
    SERVICE_BACKEND_NOT_FOUND = "SERVICE_BACKEND_NOT_FOUND", 158
    NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT = "NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT", 160
    FAILED_TO_INSERT_INTO_PROXYMAP = "FAILED_TO_INSERT_INTO_PROXYMAP", 161
    REACHED_EDT_RATE_LIMITING_DROP_HORIZON = "REACHED_EDT_RATE_LIMITING_DROP_HORIZON", 162
    UNKNOWN_CONNECTION_TRACKING_STATE = "UNKNOWN_CONNECTION_TRACKING_STATE", 163
    LOCAL_HOST_IS_UNREACHABLE = "LOCAL_HOST_IS_UNREACHABLE", 164
    NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION = "NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION", 165
    UNSUPPORTED_L2_PROTOCOL = "UNSUPPORTED_L2_PROTOCOL", 166
    NO_MAPPING_FOR_NAT_MASQUERADE = "NO_MAPPING_FOR_NAT_MASQUERADE", 167
    UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE = "UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE", 168
    FIB_LOOKUP_FAILED = "FIB_LOOKUP_FAILED", 169
    ENCAPSULATION_TRAFFIC_IS_PROHIBITED = "ENCAPSULATION_TRAFFIC_IS_PROHIBITED", 170
    INVALID_IDENTITY = "INVALID_IDENTITY", 171
    UNKNOWN_SENDER = "UNKNOWN_SENDER", 172
    NAT_NOT_NEEDED = "NAT_NOT_NEEDED", 173
    IS_A_CLUSTERIP = "IS_A_CLUSTERIP", 174
    FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND = "FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND", 175
    FORBIDDEN_ICMPV6_MESSAGE = "FORBIDDEN_ICMPV6_MESSAGE", 176
    DENIED_BY_LB_SRC_RANGE_CHECK = "DENIED_BY_LB_SRC_RANGE_CHECK", 177
    SOCKET_LOOKUP_FAILED = "SOCKET_LOOKUP_FAILED", 178
    SOCKET_ASSIGN_FAILED = "SOCKET_ASSIGN_FAILED", 179
    PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL = "PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL", 180
    POLICY_DENY = "POLICY_DENY", 181
    VLAN_FILTERED = "VLAN_FILTERED", 182
    INVALID_VNI = "INVALID_VNI", 183
    INVALID_TC_BUFFER = "INVALID_TC_BUFFER", 184
    NO_SID = "NO_SID", 185
    MISSING_SRV6_STATE = "MISSING_SRV6_STATE", 186
    NAT46 = "NAT46", 187
    NAT64 = "NAT64", 188
    AUTH_REQUIRED = "AUTH_REQUIRED", 189
    CT_NO_MAP_FOUND = "CT_NO_MAP_FOUND", 190
    SNAT_NO_MAP_FOUND = "SNAT_NO_MAP_FOUND", 191
    INVALID_CLUSTER_ID = "INVALID_CLUSTER_ID", 192
    UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP = "UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP", 193
    NO_EGRESS_GATEWAY = "NO_EGRESS_GATEWAY", 194
    UNENCRYPTED_TRAFFIC = "UNENCRYPTED_TRAFFIC", 195
    TTL_EXCEEDED = "TTL_EXCEEDED", 196
    NO_NODE_ID = "NO_NODE_ID", 197
    DROP_RATE_LIMITED = "DROP_RATE_LIMITED", 198
    IGMP_HANDLED = "IGMP_HANDLED", 199
    IGMP_SUBSCRIBED = "IGMP_SUBSCRIBED", 200
    MULTICAST_HANDLED = "MULTICAST_HANDLED", 201
    DROP_HOST_NOT_READY = "DROP_HOST_NOT_READY", 202
    DROP_EP_NOT_READY = "DROP_EP_NOT_READY", 203
    DROP_NO_EGRESS_IP = "DROP_NO_EGRESS_IP", 204
    DROP_PUNT_PROXY = "DROP_PUNT_PROXY", 205

    @property
    def text(self) -> str:
        """What tools print as the event's type, as ``Policy denied``."""
        return DROP_TEXTS[self.number]


DROP_TEXTS: dict[int, str] = {
    0: "Success",
    2: "Invalid packet",
    3: "Interface",
    4: "Interface Decrypted",
    5: "LB, sock cgroup: No backend slot entry found",
    6: "LB, sock cgroup: No backend entry found",
    7: "LB, sock cgroup: Reverse entry update failed",
    8: "LB, sock cgroup: Reverse entry stale",
    9: "Fragmented packet",
    10: "Fragmented packet entry update failed",
    11: "Missed tail call to custom program",
    12: "Interface Decrypting",
    13: "Interface Encrypting",
    14: "LB: sock cgroup: Reverse entry delete succeeded",
    15: "MTU error message",
    130: "Invalid source mac",
    131: "Invalid destination mac",
    132: "Invalid source ip",
    133: "Policy denied",
    134: "Invalid packet",
    135: "CT: Truncated or invalid header",
    136: "Fragmentation needed",
    137: "CT: Unknown L4 protocol",
    138: "CT: Can't create entry from packet",
    139: "Unsupported L3 protocol",
    140: "Missed tail call",
    141: "Error writing to packet",
    142: "Unknown L4 protocol",
    143: "Unknown ICMPv4 code",
    144: "Unknown ICMPv4 type",
    145: "Unknown ICMPv6 code",
    146: "Unknown ICMPv6 type",
    147: "Error retrieving tunnel key",
    148: "Error retrieving tunnel options",
    149: "Invalid Geneve option",
    150: "Unknown L3 target address",
    151: "Stale or unroutable IP",
    152: "No matching local container found",
    153: "Error while correcting L3 checksum",
    154: "Error while correcting L4 checksum",
    155: "CT: Map insertion failed",
    156: "Invalid IPv6 extension header",
    157: "IP fragmentation not supported",
    158: "Service backend not found",
    160: "No tunnel/encapsulation endpoint (datapath BUG!)",
    161: "NAT 46/64 not enabled",
    162: "Reached EDT rate-limiting drop horizon",
    163: "Unknown connection tracking state",
    164: "Local host is unreachable",
    165: "No configuration available to perform policy decision",
    166: "Unsupported L2 protocol",
    167: "No mapping for NAT masquerade",
    168: "Unsupported protocol for NAT masquerade",
    169: "FIB lookup failed",
    170: "Encapsulation traffic is prohibited",
    171: "Invalid identity",
    172: "Unknown sender",
    173: "NAT not needed",
    174: "Is a ClusterIP",
    175: "First logical datagram fragment not found",
    176: "Forbidden ICMPv6 message",
    177: "Denied by LB src range check",
    178: "Socket lookup failed",
    179: "Socket assign failed",
    180: "Proxy redirection not supported for protocol",
    181: "Policy denied by denylist",
    182: "VLAN traffic disallowed by VLAN filter",
    183: "Incorrect VNI from VTEP",
    184: "Failed to update or lookup TC buffer",
    185: "No SID was found for the IP address",
    186: "SRv6 state was removed during tail call",
    187: "L3 translation from IPv4 to IPv6 failed (NAT46)",
    188: "L3 translation from IPv6 to IPv4 failed (NAT64)",
    189: "Authentication required",
    190: "No conntrack map found",
    191: "No nat map found",
    192: "Invalid ClusterID",
    193: "Unsupported packet protocol for DSR encapsulation",
    194: "No egress gateway found",
    195: "Traffic is unencrypted",
    196: "TTL exceeded",
    197: "No node ID found",
    198: "Rate limited",
    199: "IGMP handled",
    200: "IGMP subscribed",
    201: "Multicast handled",
    202: "Host datapath not ready",
    203: "Endpoint policy program not available",
    204: "No Egress IP configured",
    205: "Punt to proxy",
}
"""Text by number; numbers below 130 are no drops, but the datapath may still report them."""


def drop_text(number: int) -> str:
    """Return the text of a drop number, ``159, 0`` for one without a text."""
    return DROP_TEXTS.get(number) or f"{number}, 0"
