"""What a name has to look like."""

from django.core.validators import RegexValidator

DNS_LABEL = RegexValidator(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "lower-case letters, digits and dashes")
