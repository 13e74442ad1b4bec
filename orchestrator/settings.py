"""Settings, all from the environment: see `orchestrator.env`, and `docs/configuration.md` for a table."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from . import env
from .logs import configure_structlog, logging_config
from .secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where and how it is reached -------------------------------------------------------------------

DEBUG = env.flag("DROVER_DEBUG", False)
# The demo and the tests: clusters on the loopback address may be registered.
DEMO = env.flag("DROVER_DEMO", False)
SECRET_KEY = secret_key("DROVER_SECRET_KEY")
# Fernet keys for the credentials of clusters; the first one encrypts, all of them decrypt.
CREDENTIAL_KEYS = env.listed("DROVER_CREDENTIAL_KEYS")
# Whether a Cluster may be reached with the service account of our own pods.
IN_CLUSTER = env.flag("DROVER_IN_CLUSTER", False)

PUBLIC_URL = env.url("DROVER_URL", ("http", "https"), "http://127.0.0.1:8000")
HTTPS = PUBLIC_URL.scheme == "https"
ALLOWED_HOSTS = [PUBLIC_URL.hostname or "", *env.listed("DROVER_ALLOWED_HOSTS", "")]
CSRF_TRUSTED_ORIGINS = [f"{PUBLIC_URL.scheme}://{PUBLIC_URL.netloc}"] if HTTPS else []
if env.flag("DROVER_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ROOT_URLCONF = "orchestrator.urls"
ASGI_APPLICATION = "orchestrator.asgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "axes",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "journal",
    "access",
    "clusters",
    "traffic",
    "releases",
    "orchestrator",
]

# Every one of these must be async-capable: a synchronous one would make each long poll hold a thread.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "orchestrator.static.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "orchestrator.plain_addresses.PlainAddresses",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "access.api.middleware.Platform",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "releases.chrome.chrome",
            ]
        },
    }
]

# --- PostgreSQL: the truth --------------------------------------------------------------------------

# Connections per process; 0: no pool, one connection per thread. A pool needs CONN_MAX_AGE 0.
POOL_SIZE = env.number("DROVER_DATABASE_POOL", 20)
DATABASES = {"default": env.database("DROVER_DATABASE_URL")}
DATABASES["default"].update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DATABASES["default"]["OPTIONS"].setdefault("application_name", env.text("DROVER_PROCESS", "drover"))
if POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": POOL_SIZE, "timeout": 10}
    # A process that is suspended in a transaction, or whose machine is gone, keeps its row locks: without an
    # end to that a rollback would wait for it for ever. No transaction of ours is idle for longer than this.
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c idle_in_transaction_session_timeout=5s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis protocol: it only wakes and hints --------------------------------------------------------

REDIS_URL = env.url("DROVER_REDIS_URL", ("redis", "rediss")).geturl()

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
# Publishing fails at once when the broker is away: the row is the truth and the tick finds it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Longer than any task (60 s) and any ETA (10 min), or Redis would deliver those twice.
    "visibility_timeout": 900,
    # Without these, kombu tries for ever inside the publisher when the broker is away.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# The schedule is this table and nothing else: no file that could be lost or broken.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "releases.tasks.tick", "schedule": 1.0, "options": {"expires": 1}},
    "demand": {"task": "releases.tasks.sample_demand", "schedule": 5.0, "options": {"expires": 4}},
}

# --- People -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

# Lockout counts live in the database: a cache can be flushed.
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "access/locked.html"
AXES_SENSITIVE_PARAMETERS = ["password", "token"]
AXES_VERBOSE = False

# --- The browser ------------------------------------------------------------------------------------

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": "/csp-report/",
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Files are found where they are, so there is no collecting; unnamed by content, so browsers ask again.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 0
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- REST API ---------------------------------------------------------------------------------------

# Requests a minute for each token or person, and for an address that cannot say who it is. 0: no limit.
API_RATE = env.number("DROVER_API_RATE", 3000)
API_RATE_UNKNOWN = env.number("DROVER_API_RATE_UNKNOWN", 120)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.api.permission.Permitted", "access.api.idempotency.Once"],
    "DEFAULT_THROTTLE_CLASSES": ["access.api.limits.PerCaller"],
    "DEFAULT_FILTER_BACKENDS": ["access.api.filters.Strict"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["access.api.parsers.Json"],
    "DEFAULT_SCHEMA_CLASS": "access.api.schema.Operation",
    "EXCEPTION_HANDLER": "access.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Drover",
    "DESCRIPTION": "Staged releases over many production environments.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "orchestrator.api_schema.complete_schema",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Role": "access.models.ROLE_CHOICES",
        "ProdRole": "clusters.models.Prod.Role",
        "Lifecycle": "clusters.models.Prod.Lifecycle",
        "RollbackClass": "clusters.models.Version.Rollback",
        "DriftState": "clusters.models.Drift.State",
        "ClusterHealth": "clusters.models.Cluster.Health",
        "ClusterIntent": "clusters.models.Cluster.Intent",
        "ClusterAccess": "clusters.models.Cluster.Access",
        "RunState": "releases.models.RUN_STATES",
        "StepState": "releases.models.STEP_STATES",
        "RunKind": "releases.models.RUN_KINDS",
        "RouterKind": "traffic.models.Router.Kind",
    },
}

# --- Releases ---------------------------------------------------------------------------------------

# Custom resources that may stand in a Blueprint, as `Kind.group/version`.
CUSTOM_KINDS = env.listed("DROVER_CUSTOM_KINDS", "")

# How long a Prod is watched, with users on it, before the next one leaves, unless the strategy says.
DEFAULT_SOAK_S = env.number("DROVER_SOAK_S", 600)

# --- Traffic ----------------------------------------------------------------------------------------

# How long a Cluster must have answered before its users may come back.
STABILISATION_S = env.number("DROVER_STABILISATION_S", 600)

# How long a Prod is watched after each part of a Route that it gets back.
RAMP_WATCH_S = env.number("DROVER_RAMP_WATCH_S", 60)

# Where the requests and errors per second of each Prod come from, for the charts of the fleet: Prometheus, or in the
# demo what the simulated users have counted. Empty: nothing is collected.
PROMETHEUS_URL = env.text("DROVER_PROMETHEUS_URL", "").rstrip("/")
REQUESTS_QUERY = env.text("DROVER_REQUESTS_QUERY", "")
ERRORS_QUERY = env.text("DROVER_ERRORS_QUERY", "")
# Load units of each Tenant, measured; empty: the numbers that people give.
LOAD_QUERY = env.text("DROVER_LOAD_QUERY", "")
USERS_URL = env.text("DROVER_USERS_URL", "").rstrip("/") if DEMO else ""

# Where the state file for break-glass is written every minute; empty: nowhere.
STATE_DIR = env.text("DROVER_STATE_DIR", "")

# --- Time, language, logs ---------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

configure_structlog()
LOGGING = logging_config(env.text("DROVER_LOG_LEVEL", "INFO").upper(), env.text("DROVER_LOG", "console"))
