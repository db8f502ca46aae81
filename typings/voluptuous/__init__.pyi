# Home Assistant maps voluptuous to its successor probatio at run time: these are its types.
from probatio import (
    All as All,
    Coerce as Coerce,
    Optional as Optional,
    Required as Required,
    Schema as Schema,
)
