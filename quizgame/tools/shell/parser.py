"""Parses a shell line into its syntax tree, with bash's words for what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace

from quizgame.tools.shell.lexer import Lexer, Token
from quizgame.tools.shell.syntax import (
    AndOr,
    Assignment,
    Case,
    Command,
    Conditional,
    For,
    Function,
    Group,
    If,
    NotSimulatedSyntax,
    Part,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
    Text,
    While,
    Word,
)

RESERVED = frozenset(
    ("if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!",
    "in", "[[", "time",
     "function", "select")
)  # fmt: skip
CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
REDIRECT_OPERATORS = frozenset(("<", ">", ">>", ">|", "<&", ">&", "&>", "&>>", "<<", "<<-", "<<<", "<>"))
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def parse(text: str) -> Script:
    """Parse one line (its here-documents included).

    Raises:
        ShellSyntaxError: with bash's message.
        NotSimulatedSyntax: for real syntax that the simulation does not have.
    """
    return _parse_all(text)[0]


def parse_with_warning(text: str) -> tuple[Script, str | None]:
    """Like ``parse``; also tells the delimiter of a here-document that ended with the text, for bash's warning."""
    return _parse_all(text)


def needs_more(text: str) -> bool:
    """Whether a terminal would prompt for another line: an open quote, bracket, loop or here-document."""
    if text.endswith("\\") and not text.endswith("\\\\"):
        return True
    try:
        return _parse_all(text)[1] is not None
    except ShellSyntaxError as error:
        return error.is_incomplete
    except NotSimulatedSyntax:
        return False


def _parse_all(text: str) -> tuple[Script, str | None]:
    lexer = Lexer(text, _parse_nested)
    parser = _Parser(lexer)
    script = parser.parse_list(frozenset())
    if parser.peek().kind != "end":
        raise parser.unexpected()
    return script, lexer.unfinished_here_document


def _parse_nested(lexer: Lexer) -> Script:
    parser = _Parser(lexer)
    script = parser.parse_list(frozenset())
    token = parser.peek()
    if token.kind == "end":
        raise ShellSyntaxError("unexpected EOF while looking for matching `)'", is_incomplete=True)
    if token.text != ")":
        raise parser.unexpected()
    return script


class _Parser:
    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._ahead: Token | None = None

    def peek(self) -> Token:
        if self._ahead is None:
            self._ahead = self._lexer.next_token()
        return self._ahead

    def take(self) -> Token:
        token = self.peek()
        self._ahead = None
        return token

    def unexpected(self) -> ShellSyntaxError:
        token = self.peek()
        if token.kind == "end":
            return ShellSyntaxError("syntax error: unexpected end of file", is_incomplete=True)
        return ShellSyntaxError(f"syntax error near unexpected token `{token.text}'")

    def _is_operator(self, *texts: str) -> bool:
        token = self.peek()
        return token.kind == "op" and token.text in texts

    def _reserved(self) -> str:
        """The reserved word that stands here, or nothing."""
        token = self.peek()
        if (
            token.kind == "word"
            and token.text in RESERVED
            and token.word is not None
            and token.word.literal is not None
        ):
            return token.text
        return ""

    def _expect(self, reserved: str) -> None:
        if self._reserved() != reserved:
            raise self.unexpected()
        self.take()

    def _skip_newlines(self) -> None:
        while self.peek().kind == "newline":
            self.take()

    def parse_list(self, closers: frozenset[str], *, is_required: bool = False) -> Script:
        """Parse and-or lists up to a closing word, ``)``, ``;;`` or the end."""
        entries: list[AndOr] = []
        self._skip_newlines()
        while True:
            token = self.peek()
            if token.kind == "end" or (token.kind == "op" and token.text in (")", ";;", ";&", ";;&")):
                break
            if self._reserved() in closers and closers:
                break
            start = self._lexer.position - len(token.text)
            entry = self._parse_and_or()
            if self._is_operator("&"):
                typed = self._lexer.text[start : self._lexer.position - 1].strip()
                entry = replace(entry, background=" ".join(typed.split()))
                entries.append(entry)
                self.take()
                self._skip_newlines()
                continue
            entries.append(entry)
            if self._is_operator(";") or self.peek().kind == "newline":
                self.take()
                self._skip_newlines()
                continue
            break
        if is_required and not entries:
            raise self.unexpected()
        return Script(tuple(entries))

    def _parse_and_or(self) -> AndOr:
        members = [("", self._parse_pipeline())]
        while self._is_operator("&&", "||"):
            operator = self.take().text
            self._skip_newlines()
            members.append((operator, self._parse_pipeline()))
        return AndOr(tuple(members))

    def _parse_pipeline(self) -> Pipeline:
        is_negated = is_timed = False
        while (word := self._reserved()) in ("!", "time"):
            self.take()
            is_negated ^= word == "!"
            is_timed |= word == "time"
        if is_timed and (self.peek().kind in ("newline", "end") or self._is_operator(";")):
            return Pipeline((), is_negated, is_timed)
        commands = [self._parse_command()]
        joins: list[bool] = []
        while self._is_operator("|", "|&"):
            joins.append(self.take().text == "|&")
            self._skip_newlines()
            commands.append(self._parse_command())
        return Pipeline(tuple(commands), is_negated, is_timed, tuple(joins))

    def _parse_command(self) -> Command:
        self._lexer.enter()
        try:
            return self._dispatch()
        finally:
            self._lexer.leave()

    def _dispatch(self) -> Command:
        if self._is_operator("("):
            return self._parse_subshell()
        reserved = self._reserved()
        if reserved in CLOSERS:
            raise self.unexpected()
        if reserved == "{":
            self.take()
            body = self.parse_list(frozenset("}"), is_required=True)
            self._expect("}")
            return Group(body, is_subshell=False, redirects=self._parse_redirects())
        if reserved == "if":
            return self._parse_if()
        if reserved in ("while", "until"):
            self.take()
            condition = self.parse_list(frozenset(("do",)), is_required=True)
            body = self._parse_do()
            return While(condition, body, reserved == "until", self._parse_redirects())
        if reserved == "for":
            return self._parse_for()
        if reserved == "case":
            return self._parse_case()
        if reserved == "[[":
            return self._parse_conditional()
        if reserved == "select":
            raise NotSimulatedSyntax("select")
        if reserved == "function":
            self.take()
            return self._parse_function(self._take_name())
        return self._parse_simple()

    def _parse_subshell(self) -> Command:
        self.take()
        if self._is_operator("("):
            raise NotSimulatedSyntax("the arithmetic command ((…))")
        body = self.parse_list(frozenset(), is_required=True)
        if not self._is_operator(")"):
            raise self.unexpected()
        self.take()
        return Group(body, is_subshell=True, redirects=self._parse_redirects())

    def _parse_if(self) -> Command:
        branches: list[tuple[Script, Script]] = []
        otherwise = None
        while self._reserved() in ("if", "elif"):
            self.take()
            condition = self.parse_list(frozenset(("then",)), is_required=True)
            self._expect("then")
            branches.append((condition, self.parse_list(frozenset(("elif", "else", "fi")), is_required=True)))
        if self._reserved() == "else":
            self.take()
            otherwise = self.parse_list(frozenset(("fi",)), is_required=True)
        self._expect("fi")
        return If(tuple(branches), otherwise, self._parse_redirects())

    def _parse_do(self) -> Script:
        self._expect("do")
        body = self.parse_list(frozenset(("done",)), is_required=True)
        self._expect("done")
        return body

    def _take_name(self) -> str:
        token = self.peek()
        if token.kind != "word":
            raise self.unexpected()
        if not NAME.match(token.text) and not re.match(r"[\w.:-]+\Z", token.text):
            raise ShellSyntaxError(f"`{token.text}': not a valid identifier")
        return self.take().text

    def _parse_for(self) -> Command:
        self.take()
        if self._is_operator("("):
            raise NotSimulatedSyntax("the arithmetic loop for ((…))")
        name = self._take_name()
        words: tuple[Word, ...] | None = None
        self._skip_newlines()
        if self.peek().text == "in":
            self.take()
            words = tuple(self._take_words())
        if self._is_operator(";"):
            self.take()
        self._skip_newlines()
        return For(name, words, self._parse_do(), self._parse_redirects())

    def _take_words(self) -> list[Word]:
        words: list[Word] = []
        while (token := self.peek()).kind == "word" and token.word is not None:
            words.append(token.word)
            self.take()
        return words

    def _parse_case(self) -> Command:
        self.take()
        subject = self._take_word()
        self._skip_newlines()
        if self.peek().text != "in":
            raise self.unexpected()
        self.take()
        self._skip_newlines()
        branches: list[tuple[tuple[Word, ...], Script]] = []
        while self._reserved() != "esac":
            if self._is_operator("("):
                self.take()
            patterns = [self._take_word()]
            while self._is_operator("|"):
                self.take()
                patterns.append(self._take_word())
            if not self._is_operator(")"):
                raise self.unexpected()
            self.take()
            body = self.parse_list(frozenset(("esac",)))
            branches.append((tuple(patterns), body))
            if self._is_operator(";&", ";;&"):
                raise NotSimulatedSyntax(f"{self.peek().text} in case")
            if self._is_operator(";;"):
                self.take()
            self._skip_newlines()
        self.take()
        return Case(subject, tuple(branches), self._parse_redirects())

    def _take_word(self) -> Word:
        token = self.peek()
        if token.kind != "word" or token.word is None:
            raise self.unexpected()
        self.take()
        return token.word

    def _parse_conditional(self) -> Command:
        self.take()
        words: list[Word] = []
        while True:
            token = self.peek()
            if token.text == "]]" and token.kind == "word":
                self.take()
                return Conditional(tuple(words), self._parse_redirects())
            if token.kind == "word" and token.word is not None:
                words.append(token.word)
            elif token.kind == "op" and token.text in ("&&", "||", "(", ")", "<", ">"):
                words.append(Word((Text(token.text),)))
            elif token.kind == "newline":
                pass
            else:
                raise self.unexpected()
            self.take()

    def _parse_function(self, name: str) -> Command:
        if self._is_operator("("):
            self.take()
            if not self._is_operator(")"):
                raise self.unexpected()
            self.take()
        self._skip_newlines()
        body = self._parse_command()
        if isinstance(body, Simple):
            raise ShellSyntaxError(f"syntax error near unexpected token `{_first_text(body)}'")
        return Function(name, body)

    def _parse_redirects(self) -> tuple[Redirect, ...]:
        redirects: list[Redirect] = []
        while (redirect := self._parse_redirect()) is not None:
            redirects.append(redirect)
        return tuple(redirects)

    def _parse_redirect(self) -> Redirect | None:
        token = self.peek()
        descriptor: int | None = None
        if token.kind == "number":
            descriptor = min(int(token.text), 9999)
            self.take()
            token = self.peek()
        if token.kind != "op" or token.text not in REDIRECT_OPERATORS:
            return None
        operator = self.take().text
        if operator == "<>":
            raise NotSimulatedSyntax("the redirection <>")
        if descriptor is None:
            descriptor = 0 if operator.startswith("<") else 1
        target = self.peek()
        if target.kind == "end":
            raise ShellSyntaxError("syntax error near unexpected token `newline'")
        if target.kind == "number":
            word = Word((Text(target.text),))
        elif target.kind == "word" and target.word is not None:
            word = target.word
        else:
            raise self.unexpected()
        redirect = Redirect(descriptor, operator, word)
        if operator in ("<<", "<<-"):
            self._lexer.expect_here_document(redirect)
        self.take()
        return redirect

    def _parse_simple(self) -> Command:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            redirect = self._parse_redirect()
            if redirect is not None:
                redirects.append(redirect)
                continue
            token = self.peek()
            if token.kind == "op" and token.text == "(" and len(words) == 1 and not assignments and not redirects:
                name = words[0].literal
                if name is not None:
                    return self._parse_function(name)
            if token.kind != "word" or token.word is None:
                break
            assignment = None if words else _assignment(token.word)
            self.take()
            if assignment is None:
                words.append(token.word)
            elif not assignment.value.parts and self._is_operator("("):
                raise NotSimulatedSyntax("an array")
            else:
                assignments.append(assignment)
        if not assignments and not words and not redirects:
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects))


def _assignment(word: Word) -> Assignment | None:
    first = word.parts[0] if word.parts else None
    if not isinstance(first, Text) or first.is_quoted:
        return None
    match = ASSIGNMENT.match(first.text)
    if match is None:
        return None
    rest: tuple[Part, ...] = word.parts[1:]
    remainder = first.text[match.end() :]
    value = Word((Text(remainder), *rest) if remainder else rest)
    return Assignment(match.group(1), value, is_append=bool(match.group(2)))


def _first_text(command: Simple) -> str:
    first = command.words[0].literal if command.words else None
    return first or "newline"
