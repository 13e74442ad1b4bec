"""What the Reasons of registering Clusters and reaching them say: what, where, what to do."""

_KUBECONFIG = {
    "kubeconfig-shape": "This is no kubeconfig: one YAML document with clusters, users and contexts.",
    "kubeconfig-no-entry": "The kubeconfig has no %(part)s '%(name)s'.",
    "kubeconfig-field": "%(field)s is not accepted: Drover runs no programs, opens no files and skips no checks "
    "for a kubeconfig. Give the data itself: certificate-authority-data, token, client-certificate-data, "
    "client-key-data.",
    "kubeconfig-server": "The server has to be an https address without a user name, or http on the loopback "
    "address.",
    "kubeconfig-data": "%(field)s: %(why)s",
    "kubeconfig-half-certificate": "A client certificate and its key go together; one of them is missing.",
    "kubeconfig-no-credentials": "The user has neither a token nor a client certificate with its key.",
}

_VALUES = {
    "not-text": "This has to be text.",
    "not-base64": "This has to be base64 of ASCII text.",
    "token-shape": "A token has no spaces or control characters, and at most 16 KiB.",
    "pem-too-large": "This is larger than 16 KiB.",
    "pem-no-certificate": "There is no readable certificate in it: a PEM file begins with -----BEGIN CERTIFICATE-----.",
    "pem-no-key": "There is no readable private key in it: a PEM file begins with -----BEGIN PRIVATE KEY-----.",
    "key-locked": "The key is locked with a password. Give it without one.",
    "key-mismatch": "This is not the key of the client certificate.",
    "eks-server": "A token for EKS is sent to an address of EKS only, which ends in .eks.amazonaws.com.",
    "eks-cluster-name": "The name of an EKS cluster has up to 100 letters, digits, dashes and underscores.",
    "aws-region": "This is no AWS region, such as eu-central-1.",
    "aws-key-pair": "An access key has two halves, its id and its secret: give both, or neither to use the "
    "environment or role of Drover's own processes.",
    "value-needed": "This is needed.",
    "value-unexpected": "This does not belong to the chosen way to connect.",
    "value-too-long": "This is longer than %(limit)s characters.",
    "value-characters": "Control characters are not allowed here.",
    "value-unknown": "This has to be one of: %(allowed)s.",
    "context-needed": "The file has %(count)s contexts. Choose one: %(names)s.",
    "not-in-cluster": "Drover does not run inside a cluster, or is not allowed to use its service account: "
    "set DROVER_IN_CLUSTER to on where it does.",
}

_ACTS = {
    "cluster-exists": "There is a cluster %(cluster)s already. Choose another name, or change that one.",
    "cluster-changed": "Somebody changed the cluster %(cluster)s meanwhile. Look at it again; nothing was changed.",
    "cluster-intent": "The cluster %(cluster)s is %(intent)s, so this cannot be done.",
    "users-are-away": "Users of %(prods)s on the cluster %(cluster)s are elsewhere: fail it back, then it is active.",
    "cluster-in-use": "Prods stand on the cluster %(cluster)s: %(prods)s. Retire them first.",
    "cluster-has-routers": "Routers run on the cluster %(cluster)s: %(routers)s. Remove these instances first.",
    "cluster-has-history": "Retired Prods of the cluster %(cluster)s keep its name in their history: %(prods)s. "
    "It can be retired, but not removed.",
    "cluster-in-runs": "Runs that have not ended use the cluster %(cluster)s: %(runs)s. Wait for them or abort them.",
    "cluster-facts-changed": "Changed: %(fields)s.",
    "credentials-replaced": "The credentials were replaced (%(access)s, %(server)s).",
    "connection-tested": "Connected to %(version)s in %(latency_ms)s ms; rights missing: %(missing)s, "
    "more than needed: %(excess)s.",
    "given-by-person": "%(text)s",
}

_TOKENS = {
    "in-cluster-no-token": "This process has no service account to use (%(error)s). Mount one into its pod.",
    "eks-no-aws-credentials": "There are no AWS credentials: neither stored, nor in the environment or role of "
    "this process (%(error)s).",
    "eks-not-described": "AWS does not tell about the EKS cluster %(cluster)s (%(error)s). Check name, region "
    "and the right eks:DescribeCluster, or give server and CA yourself.",
}

SENTENCES: dict[str, str] = {**_KUBECONFIG, **_VALUES, **_ACTS, **_TOKENS}
