#!/usr/bin/env python3
"""breaking.py: lists the changes of the API that break clients of the last release.

    breaking.py RELEASED [CURRENT [ACCEPTED]]

RELEASED is the OpenAPI document of the last release (until there is one, of the contract that clients
were first built on); CURRENT is openapi.json in this folder. Each line of ACCEPTED (breaking_accepted.txt)
is a change as this check prints it, then " -- " and a reason. A release replaces RELEASED and empties
ACCEPTED. Texts and examples are not compared.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
METHODS = ("get", "put", "post", "patch", "delete")
# Limits of input: whether a larger value accepts more.
LIMITS = {"maxLength": True, "maximum": True, "maxItems": True, "minLength": False, "minimum": False, "minItems": False}


def as_list(value):
    return value if isinstance(value, list) else [value]


class Comparison:
    def __init__(self, old, new):
        self.old, self.new = old, new
        self.changes = []
        self.compared = set()

    def add(self, where, text):
        self.changes.append(f"{where}: {text}")

    @staticmethod
    def resolve(document, value):
        while isinstance(value, dict) and "$ref" in value:
            target = document
            for step in value["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            value = target
        return value

    def pair(self, old, new):
        return self.resolve(self.old, old), self.resolve(self.new, new)

    def choices(self, where, old, new, is_input):
        """Input must not lose a value, and output must not gain one: null, a type, or a choice."""
        for name in ("type", "enum"):
            before, after = (set(map(str, as_list(each.get(name, [])))) for each in (old, new))
            if not before and not after:
                continue
            gone = after and (before - after or not before) if is_input else before and after - before
            # Clients ignore unknown choices; they cannot ignore another type.
            if gone and (is_input or name == "type"):
                self.add(where, f"{name} was {sorted(before) or 'any'}, is {sorted(after) or 'any'}")

    def limits(self, where, old, new):
        for name, larger_accepts_more in LIMITS.items():
            if name not in new or new[name] == old.get(name):
                continue
            if name not in old or (new[name] < old[name]) == larger_accepts_more:
                self.add(where, f"{name} was {old.get(name, 'none')}, is {new[name]}")
        for name in ("pattern", "format", "uniqueItems"):
            if name in new and new[name] != old.get(name):
                self.add(where, f"{name} was {old.get(name, 'none')}, is {new[name]}")

    def members(self, where, old, new, is_input):
        before, after = old.get("properties", {}), new.get("properties", {})
        required = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            if name not in after:
                self.add(f"{where}.{name}", "removed")
            else:
                self.schema(f"{where}.{name}", before[name], after[name], is_input)
        lost = required[1] - required[0] if is_input else (required[0] - required[1]) & set(after)
        for name in sorted(lost):
            self.add(f"{where}.{name}", "is required now" if is_input else "may be absent now")

    def schema(self, where, old, new, is_input):
        key = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), is_input)
        if key in self.compared:
            return
        self.compared.add(key)
        if "anyOf" in new and old in new["anyOf"]:
            if not is_input:
                self.add(where, "is one of several schemas now")
            return
        old, new = self.pair(old, new)
        self.choices(where, old, new, is_input)
        if is_input:
            self.limits(where, old, new)
        self.members(where, old, new, is_input)
        if "items" in old and "items" in new:
            self.schema(f"{where}[]", old["items"], new["items"], is_input)
        for name in ("anyOf", "oneOf", "allOf"):
            for i, (before, after) in enumerate(zip(old.get(name, ()), new.get(name, ()))):
                self.schema(f"{where}/{name}/{i}", before, after, is_input)

    def parameters(self, where, old, new):
        before, after = ({(p["in"], p["name"]): p for p in (self.resolve(document, each) for each in
                          operation.get("parameters", ()))} for document, operation in ((self.old, old), (self.new, new)))
        for place, name in before:
            if (place, name) not in after:
                self.add(where, f"{place} parameter {name} removed")
        for (place, name), parameter in after.items():
            earlier = before.get((place, name))
            if parameter.get("required") and not (earlier and earlier.get("required")):
                self.add(where, f"{place} parameter {name} is required now")
            if earlier:
                self.schema(f"{where} {name}", earlier["schema"], parameter["schema"], True)

    def body(self, where, old, new):
        before, after = self.pair(old.get("requestBody", {}), new.get("requestBody", {}))
        if after.get("required") and not before.get("required"):
            self.add(where, "the body is required now")
        for media_type, content in before.get("content", {}).items():
            if media_type not in after.get("content", {}):
                self.add(where, f"a body of {media_type} is no longer accepted")
            else:
                self.schema(f"{where} body", content["schema"], after["content"][media_type]["schema"], True)

    def responses(self, where, old, new):
        for status, response in old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in new["responses"]:
                self.add(where, f"no longer returns {status}")
                continue
            before, after = self.pair(response, new["responses"][status])
            for media_type, content in before.get("content", {}).items():
                if media_type not in after.get("content", {}):
                    self.add(where, f"{status} no longer has {media_type}")
                elif "schema" in content:
                    self.schema(f"{where} {status}", content["schema"],
                                after["content"][media_type].get("schema", {}), False)

    def run(self):
        for path, methods in self.old["paths"].items():
            for method in METHODS:
                where = f"{method.upper()} {path}"
                if method not in methods:
                    continue
                if method not in self.new["paths"].get(path, {}):
                    self.add(where, "removed")
                    continue
                old, new = methods[method], self.new["paths"][path][method]
                if old["operationId"] != new["operationId"]:
                    self.add(where, f"operationId was {old['operationId']}, is {new['operationId']}")
                self.parameters(where, old, new)
                self.body(where, old, new)
                self.responses(where, old, new)
        return self.changes


def read_accepted(path):
    """The accepted changes with their reasons."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split(" -- ", 1) for line in lines)


def main():
    released, current, accepted = (pathlib.Path(given) for given in (
        sys.argv[1:] + [FOLDER / "openapi.json", FOLDER / "breaking_accepted.txt"][len(sys.argv) - 2:]))
    changes = Comparison(*(json.loads(path.read_text(encoding="utf-8")) for path in (released, current))).run()
    reasons = read_accepted(accepted)
    errors = [f"{change}\n  keep it, or add it with its reason to tests/checks/{accepted.name} and to CHANGELOG.md"
              for change in changes if change not in reasons]
    errors += [f"tests/checks/{accepted.name}: \"{change}\" is no longer a change; remove the line"
               for change in reasons if change not in changes]
    print("\n".join(errors))
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
