import circulation.assembly  # noqa: F401  the features join before anything is done
from circulation.kernel.parts import load_all

load_all()  # many tests look at all tables
