"""What the Reasons of the DNS routers say, in English."""

SENTENCES: dict[str, str] = {
    # Calls.
    "dns-write-weights": "Write the weights of %(routes)s Routes, %(first)s first.",
    "dns-write-hostnames": "Point hostnames to their Routes (%(added)s) and take others away (%(dropped)s), %(first)s "
    "first.",
    "dns-write-hostnames-of": "Write the hostnames of the Route %(first)s.",
    "route53-unreachable": "Route 53 gives no answer (%(error)s).",
    "route53-throttled": "Route 53 asks to come again later (%(error)s). An account may make five calls a second; "
    "Drover tries again by itself.",
    "route53-refused": "Route 53 refuses this (%(error)s): %(message)s",
    "route53-check-deleted": "The health check of %(prod)s was deleted again and again. Make one yourself and give its "
    "id in the settings of the router.",
    # What DNS cannot hold.
    "dns-too-many-members": "More than %(limit)s Prods serve the Route %(route)s; DNS holds no more under one name.",
    "dns-too-many-hostnames": "The Route %(route)s has more than %(limit)s hostnames. Divide its Tenants over more "
    "Routes.",
    "dns-no-host": "%(host)s, where %(prod)s is reached, is neither an IP address nor a name that DNS knows.",
    "dns-hostname-is-ours": "The hostname %(hostname)s of the Route %(route)s is below %(domain)s, which is kept for "
    "Routes.",
    "dns-name-taken": "%(name)s has been made by somebody else. Remove it there, or have it lead to the Route yourself; "
    "Drover takes over nothing that it did not make.",
    "dns-no-health-check": "%(prod)s has no health check in the settings of the router, and the others have.",
    "route53-outside": "The hostname %(hostname)s is not in the zone %(zone)s.",
    "route53-top": "%(hostname)s is the zone itself. It can lead to addresses of one kind only, and the Route "
    "%(route)s has names.",
    # What differs.
    "dns-record-differs": "The record %(name)s of %(prod)s is not as asked: it leads elsewhere, or lacks its health "
    "check.",
    "external-dns-behind": "ExternalDNS has not read %(name)s since it was written. Look whether it runs, watches this "
    "namespace and may write the status of DNSEndpoints.",
    # Settings.
    "dns-no-name": "This is no full name, such as routes.example.com.",
    "dns-no-namespace": "This is no name of a namespace.",
    "dns-domain-outside": "This has to be a name below %(zone)s.",
    "dns-check-ids": "This has to give an id of a health check for each Prod.",
    "route53-zone-id": "This is no id of a hosted zone, such as Z0123456789ABCDEFGHIJ.",
    "route53-endpoint": "This is no address of a stand-in for Route 53, such as http://127.0.0.1:5000.",
    "route53-check-path": "This has to begin with / and have at most 255 characters, none of them a space.",
}
