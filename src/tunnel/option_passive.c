/*
 * An option may be ignored only when the tunnel is no less safe and goes to the
 * same place without it. Whatever asks for a check that taupe does not make,
 * for another way in, or for a command to be run, is refused instead.
 */
#include "tunnel/option_passive.h"

#include <strings.h>

static const char no_gssapi[] = "GSSAPI is not supported";
static const char no_block[] = "it starts a block of a configuration file";

static const struct option_passive table[] = {
	/* A session's matters: a tunnel has none. */
	{"EnableEscapeCommandline", NULL, NULL},
	{"EscapeChar", NULL, NULL},
	{"ForwardAgent", NULL, NULL},
	{"ForwardX11", NULL, NULL},
	{"ForwardX11Timeout", NULL, NULL},
	{"ForwardX11Trusted", NULL, NULL},
	{"ObscureKeystrokeTiming", NULL, NULL},
	{"RequestTTY", NULL, NULL},
	{"SendEnv", NULL, NULL},
	{"SessionType", NULL, NULL},
	{"SetEnv", NULL, NULL},
	{"StdinNull", NULL, NULL},
	{"XAuthLocation", NULL, NULL},
	{"RemoteCommand", "none", "taupe runs no command on the server"},

	/* Words on the screen and in logs; taupe has its own. */
	{"FingerprintHash", NULL, NULL},
	{"LogLevel", NULL, NULL},
	{"LogVerbose", NULL, NULL},
	{"SyslogFacility", NULL, NULL},
	{"VisualHostKey", NULL, NULL},
	{"WarnWeakCrypto", NULL, NULL},

	/* One ssh sharing its connection with others: taupe's links are its
	   own. */
	{"ControlMaster", NULL, NULL},
	{"ControlPath", NULL, NULL},
	{"ControlPersist", NULL, NULL},

	/* Hints: without them the tunnel is the same, or asks once more. */
	{"AddKeysToAgent", NULL, NULL},
	{"CheckHostIP", NULL, NULL},
	{"Compression", NULL, NULL},
	{"CompressionLevel", NULL, NULL},
	{"IPQoS", NULL, NULL},
	{"KbdInteractiveDevices", NULL, NULL},
	{"NoHostAuthenticationForLocalhost", NULL, NULL},
	{"UseKeychain", NULL, NULL},
	{"VerifyHostKeyDNS", NULL, NULL},
	{"VersionAddendum", NULL, NULL},

	/* They refine an option of this table that is refused or off. */
	{"CanonicalDomains", NULL, NULL},
	{"CanonicalizeFallbackLocal", NULL, NULL},
	{"CanonicalizeMaxDots", NULL, NULL},
	{"CanonicalizePermittedCNAMEs", NULL, NULL},
	{"EnableSSHKeysign", NULL, NULL},
	{"GSSAPIClientIdentity", NULL, NULL},
	{"GSSAPIKexAlgorithms", NULL, NULL},
	{"GSSAPIRenewalForcesRekey", NULL, NULL},
	{"GSSAPIServerIdentity", NULL, NULL},
	{"GSSAPITrustDns", NULL, NULL},
	{"HostbasedAcceptedAlgorithms", NULL, NULL},
	{"HostbasedKeyTypes", NULL, NULL},
	{"LocalCommand", NULL, NULL},
	{"Tag", NULL, NULL},
	{"TunnelDevice", NULL, NULL},

	/* SHA-1 signatures, the one thing that these lists keep out by default,
	 * are not in taupe at all; security keys are the agent's affair. */
	{"CASignatureAlgorithms", NULL, NULL},
	{"SecurityKeyProvider", NULL, NULL},

	/* Gone from ssh, which takes them and does nothing. */
	{"AFSTokenPassing", NULL, NULL},
	{"Cipher", NULL, NULL},
	{"FallBackToRsh", NULL, NULL},
	{"GlobalKnownHostsFile2", NULL, NULL},
	{"KerberosAuthentication", NULL, NULL},
	{"KerberosTGTPassing", NULL, NULL},
	{"Protocol", "2", "only version 2 of the protocol is supported"},
	{"ProtocolKeepAlives", NULL, NULL},
	{"RhostsAuthentication", NULL, NULL},
	{"RhostsRSAAuthentication", NULL, NULL},
	{"RSAAuthentication", NULL, NULL},
	{"SmartcardDevice", NULL, NULL},
	{"UseBlacklistedKeys", NULL, NULL},
	{"UsePrivilegedPort", NULL, NULL},
	{"UserKnownHostsFile2", NULL, NULL},
	{"UseRoaming", NULL, NULL},
	{"UseRsh", NULL, NULL},

	/* Other ways in. */
	{"GSSAPIAuthentication", "no false", no_gssapi},
	{"GSSAPIDelegateCredentials", "no false", no_gssapi},
	{"GSSAPIKeyExchange", "no false", no_gssapi},
	{"HostbasedAuthentication", "no false",
		"host-based authentication is not supported"},
	{"PKCS11Provider", "none",
		"load the token into an agent (ssh-add -s) instead"},
	{"ProxyUseFdpass", "no false", "passing descriptors is not supported"},

	/* Another place, or another way there. */
	{"BindInterface", "none", "use BindAddress instead"},
	{"CanonicalizeHostname", "no false none",
		"give the whole host name instead"},

	/* Checks that would be missed. */
	{"ChannelTimeout", "none", "not supported"},
	{"KnownHostsCommand", "none", "use UserKnownHostsFile instead"},
	{"PermitRemoteOpen", "any",
		"a reverse proxy's destinations can't be limited"},
	{"RequiredRSASize", "1024", "RSA keys are refused below 1024 bits"},
	{"RevokedHostKeys", "none",
		"use @revoked lines in the known hosts file instead"},

	/* Not what taupe is. */
	{"ClearAllForwardings", "no false", "leave the forwards out instead"},
	{"ForkAfterAuthentication", "no false",
		"taupe run stays in the foreground"},
	{"PermitLocalCommand", "no false", "taupe runs no local command"},
	{"RefuseConnection", "", "it refuses every connection"},
	{"Tunnel", "no false",
		"network device forwarding (tun) is not supported"},
	{"Host", "", no_block},
	{"Match", "", no_block},
	{"Include", "", "it is for configuration files"},
};

const struct option_passive *option_passive_at(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

const struct option_passive *option_passive_find(const char *name)
{
	const struct option_passive *p;

	for (size_t i = 0; (p = option_passive_at(i)) != NULL; i++)
		if (strcasecmp(p->name, name) == 0)
			return p;
	return NULL;
}
