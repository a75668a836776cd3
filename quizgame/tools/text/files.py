"""``cp``, ``mv``, ``rm``, ``rmdir``, ``mkdir`` and ``touch`` on the learner's files."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import basename

from quizgame.tools import folder
from quizgame.tools.output import Result, lines
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _into(call: Invocation, source: str, target: str) -> str:
    if folder.is_folder(call.session, target):
        return target.rstrip("/") + "/" + basename(source.rstrip("/"))
    return target


def _walk(call: Invocation, path: str) -> list[str]:
    """The files below a folder, relative to it."""
    out: list[str] = []
    for name in folder.entries(call.session, path):
        inner = f"{path.rstrip('/')}/{name}"
        if folder.is_folder(call.session, inner):
            out.extend(f"{name}/{rest}" for rest in _walk(call, inner))
        else:
            out.append(name)
    return out


def _copy_tree(call: Invocation, source: str, target: str) -> None:
    if not folder.is_folder(call.session, target):
        folder.make_folder(call.session, target)
    for name in _walk(call, source):
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            inner = target.rstrip("/") + "/" + "/".join(parts[:depth])
            if not folder.is_folder(call.session, inner):
                folder.make_folder(call.session, inner)
        folder.write_file(
            call.session, f"{target.rstrip('/')}/{name}", folder.read_file(call.session, f"{source.rstrip('/')}/{name}")
        )


def _pairs(call: Invocation) -> list[tuple[str, str]]:
    if not call.operands:
        raise call.usage("missing file operand")
    if len(call.operands) == 1:
        raise call.usage(f"missing destination file operand after '{call.operands[0]}'")
    *sources, target = call.operands
    if len(sources) > 1 and not folder.is_folder(call.session, target):
        problem = folder.NOT_A_FOLDER if folder.is_file(call.session, target) else folder.NO_SUCH_FILE
        raise call.stop(f"target '{target}': {problem}")
    return [(source, _into(call, source, target)) for source in sources]


def _same(call: Invocation, source: str, target: str) -> bool:
    return folder.absolute(call.session, source) == folder.absolute(call.session, target)


def _cp(call: Invocation) -> Result:
    is_recursive = any(call.has(key) for key in "raR")
    for source, target in _pairs(call):
        try:
            if folder.is_folder(call.session, source):
                if not is_recursive:
                    call.complain(f"-r not specified; omitting directory '{source}'")
                    continue
                if folder.absolute(call.session, target).startswith(folder.absolute(call.session, source) + "/"):
                    call.complain(f"cannot copy a directory, '{source}', into itself, '{target}'")
                    continue
                _copy_tree(call, source, target)
            elif not folder.is_file(call.session, source):
                call.complain(f"cannot stat '{source}': {folder.NO_SUCH_FILE}")
            elif _same(call, source, target):
                call.complain(f"'{source}' and '{target}' are the same file")
            elif not (call.has("n") and folder.is_file(call.session, target)):
                folder.write_file(call.session, target, folder.read_file(call.session, source))
        except folder.FileProblem as problem:
            call.complain(f"cannot create regular file '{target}': {problem.message}")
        if call.has("v") and not call.result.exit:
            call.result.stdout.extend(lines(f"'{source}' -> '{target}'\n"))
    return call.result


def _mv(call: Invocation) -> Result:
    for source, target in _pairs(call):
        try:
            if folder.is_folder(call.session, source):
                if (folder.absolute(call.session, target) + "/").startswith(
                    folder.absolute(call.session, source) + "/"
                ):
                    call.complain(f"cannot move '{source}' to a subdirectory of itself, '{target}'")
                    continue
                _copy_tree(call, source, target)
                folder.remove_folder(call.session, source)
            elif not folder.is_file(call.session, source):
                call.complain(f"cannot stat '{source}': {folder.NO_SUCH_FILE}")
            elif _same(call, source, target):
                call.complain(f"'{source}' and '{target}' are the same file")
            elif not (call.has("n") and folder.is_file(call.session, target)):
                content = folder.read_file(call.session, source)
                folder.write_file(call.session, target, content)
                folder.remove_file(call.session, source)
        except folder.FileProblem as problem:
            call.complain(f"cannot move '{source}' to '{target}': {problem.message}")
        if call.has("v") and not call.result.exit:
            call.result.stdout.extend(lines(f"renamed '{source}' -> '{target}'\n"))
    return call.result


def _rm(call: Invocation) -> Result:
    if not call.operands and not call.has("f"):
        raise call.usage("missing operand")
    for name in call.operands:
        if folder.is_folder(call.session, name):
            if not (call.has("r") or call.has("R")):
                call.complain(f"cannot remove '{name}': {folder.IS_A_FOLDER}")
            elif folder.absolute(call.session, name) in folder.SYSTEM_FOLDERS:
                raise call.refuse(f"of {name}")
            else:
                folder.remove_folder(call.session, name)
                if call.has("v"):
                    call.result.stdout.extend(lines(f"removed directory '{name}'\n"))
            continue
        try:
            folder.remove_file(call.session, name)
        except folder.FileProblem as problem:
            if not call.has("f"):
                call.complain(f"cannot remove '{name}': {problem.message}")
            continue
        if call.has("v"):
            call.result.stdout.extend(lines(f"removed '{name}'\n"))
    return call.result


def _each(call: Invocation, failing: str, act: Callable[[str], None], missing: str = "missing operand") -> Result:
    """Do one thing to each operand and report what fails."""
    if not call.operands:
        raise call.usage(missing)
    for name in call.operands:
        try:
            act(name)
        except folder.FileProblem as problem:
            call.complain(f"{failing.format(name=name)}: {problem.message}")
    return call.result


def _rmdir(call: Invocation) -> Result:
    def remove(name: str) -> None:
        if not folder.is_folder(call.session, name):
            raise folder.FileProblem(folder.NOT_A_FOLDER if folder.is_file(call.session, name) else folder.NO_SUCH_FILE)
        if folder.entries(call.session, name) or folder.absolute(call.session, name) in folder.SYSTEM_FOLDERS:
            raise folder.FileProblem("Directory not empty")
        folder.remove_folder(call.session, name)

    return _each(call, "failed to remove '{name}'", remove)


def _mkdir(call: Invocation) -> Result:
    def make(name: str) -> None:
        if not call.has("p"):
            folder.make_folder(call.session, name)
            return
        parts = folder.absolute(call.session, name).strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            path = "/" + "/".join(parts[:depth])
            if not folder.is_folder(call.session, path):
                folder.make_folder(call.session, path)

    return _each(call, "cannot create directory ‘{name}’", make)


def _touch(call: Invocation) -> Result:
    def touch(name: str) -> None:
        if not folder.is_folder(call.session, name) and not call.has("c"):
            folder.open_file(call.session, name, is_append=True)

    return _each(call, "cannot touch '{name}'", touch, "missing file operand")


CP = TextTool("cp", OptionTable("r,recursive", "R", "a,archive", "f,force", "n,no-clobber", "v,verbose", "p",
"i,interactive!", "u,update!",
                                "t,target-directory=!", "T,no-target-directory!", "l,link!",
                                "s,symbolic-link!", "b!", "d!", "P!", "L",
                                "preserve?", "x!"), _cp)  # fmt: skip
MV = TextTool("mv", OptionTable("f,force", "n,no-clobber", "v,verbose", "i,interactive!", "u,update!",
"t,target-directory=!",
                                "T,no-target-directory!", "b!"), _mv)  # fmt: skip
RM = TextTool("rm", OptionTable("r,recursive", "R", "f,force", "v,verbose", "i!", "I!", "d,dir!"), _rm)
RMDIR = TextTool("rmdir", OptionTable("p,parents!", "v,verbose!"), _rmdir)
MKDIR = TextTool("mkdir", OptionTable("p,parents", "m,mode=", "v,verbose!"), _mkdir)
TOUCH = TextTool("touch", OptionTable("c,no-create", "a", "m", "d,date=!", "t=!", "r,reference=!", "h!"), _touch)
