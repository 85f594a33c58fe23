"""The code, docs/configuration.md and .env.sample name the same variables and defaults."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.paths import ROOT

DOCS = (ROOT / "docs" / "configuration.md").read_text()
SAMPLE = (ROOT / ".env.sample").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()

REQUIRED = "required"
# `.env.sample` cannot name itself.
NOT_IN_SAMPLE = {"ENV_FILE"}
# The production stack starts before TLS is set up; .env.sample says so.
DIFFERENT_IN_SAMPLE = {"HTTPS": "false"}


@dataclass(frozen=True)
class Default:
    """The strings that a variable's default consists of, or is chosen from; none if required."""

    parts: tuple[str, ...] | None
    is_computed: bool = False

    def agrees_with(self, cell: str) -> bool:
        """Return whether a cell of the documentation's table shows this default."""
        if self.parts is None:
            return cell == REQUIRED
        if self.is_computed:
            return all(part in cell for part in self.parts)
        return cell == (f"`{self.parts[0]}`" if self.parts[0] else "none")

    def allows(self, sample: str) -> bool:
        """Return whether a line of .env.sample leaves this default as it is."""
        return self.parts is None or sample in self.parts or (self.is_computed and not sample)


def built_in_defaults() -> dict[str, ast.expr]:
    """Return the default that a method of `Environment` passes itself, by the method's name."""
    tree = ast.parse((ROOT / "config" / "environment.py").read_text())
    return {
        function.name: call.args[1]
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and re.fullmatch(r"self\.[a-z]+", ast.unparse(call.func))
        and len(call.args) == 2
        and isinstance(call.args[1], ast.Constant)
    }


def read_by_python(path: Path) -> dict[str, Default]:
    """Return the variables that a module reads by an `Environment`, with their defaults."""
    built_in = built_in_defaults()
    defaults: dict[str, Default] = {}
    for call in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if ast.unparse(call.func.value) not in {"env", "environment"}:
            continue
        match call.args:
            case [ast.Constant(value=str(name))]:
                defaults[name] = default_of(built_in.get(call.func.attr))
            case [ast.Constant(value=str(name)), default, *_]:
                defaults[name] = default_of(default)
    return defaults


def default_of(expression: ast.expr | None) -> Default:
    if expression is None:
        return Default(None)
    constants = [node.value for node in ast.walk(expression) if isinstance(node, ast.Constant)]
    is_computed = not isinstance(expression, ast.Constant)
    return Default(tuple(str(constant) for constant in constants), is_computed)


def read_by_compose() -> dict[str, Default]:
    """Return the variables that docker-compose.yml reads, with their defaults."""
    references = re.findall(r"(?<!\$)\$\{(\w+):([-?])([^}]*)\}", COMPOSE)
    assert len(references) == len(re.findall(r"(?<!\$)\$\{", COMPOSE))
    return {
        name: Default((text,) if operator == "-" else None) for name, operator, text in references
    }


def read_variables() -> dict[str, Default]:
    """Return every variable that is read anywhere; what settings.py reads has its default."""
    return {
        **read_by_compose(),
        **read_by_python(ROOT / "config" / "local" / "run.py"),
        **read_by_python(ROOT / "config" / "settings.py"),
    }


def documented() -> dict[str, str]:
    """Return the default's cell of each row of the documentation's tables."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .+ \|$", DOCS, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable has two rows"
    return dict(rows)


def sampled() -> dict[str, str]:
    """Return the value of each variable in .env.sample, commented out or not."""
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", SAMPLE, re.MULTILINE))


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    assert set(documented()) == set(read_variables())


def test_every_variable_is_in_the_sample_and_no_other() -> None:
    assert set(sampled()) == set(read_variables()) - NOT_IN_SAMPLE


@pytest.mark.parametrize("name", sorted(read_variables()))
def test_the_documented_default_is_that_of_the_code(name: str) -> None:
    assert read_variables()[name].agrees_with(documented()[name]), documented()[name]


@pytest.mark.parametrize("name", sorted(sampled()))
def test_the_sample_changes_no_default(name: str) -> None:
    value = sampled()[name]
    is_to_be_filled_in = read_by_compose().get(name) == Default(None)

    assert (
        is_to_be_filled_in
        or value == DIFFERENT_IN_SAMPLE.get(name)
        or read_variables()[name].allows(value)
    )


@pytest.mark.parametrize("name", sorted(read_by_compose()))
def test_docker_compose_has_the_defaults_of_the_settings(name: str) -> None:
    compose = read_by_compose()[name]

    assert compose.parts is None or compose == read_variables()[name]


def test_the_variables_are_found_in_the_code() -> None:
    variables = read_variables()

    assert variables["SECRET_KEY"] == Default(None)
    assert variables["EMAIL_PORT"] == Default(("587",))
    assert variables["OWN_ADDRESSES"] == Default(("",))
    assert variables["SEND_RATE"].parts == ("500/1d", "none")
    assert variables["REDIS_MAXMEMORY"] == Default(("256mb",))
    assert len(variables) > 50
