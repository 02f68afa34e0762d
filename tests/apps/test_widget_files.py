"""Which files of an app's folder are widgets, and what a plain page may be made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.apps.widget_files import files_beside, find_widgets, look_at_widgets, with_kit
from tests.apps.building import save


def test_widgets_are_the_files_of_the_folder_with_the_name_of_a_widget(tmp_path: Path) -> None:
    save(tmp_path, both_html="", both_tsx="", built_tsx="", dist__built_html="", dist__only_html="", parts__row_tsx="")
    for other in ("Big.tsx", "notes.md", ".hidden.tsx", "two words.html", "types.ts"):
        (tmp_path / "widgets" / other).touch()
    found = find_widgets(tmp_path)
    assert list(found) == ["both", "built", "only"]
    assert found["both"].html
    assert found["both"].tsx
    assert found["built"].tsx
    assert found["built"].built
    assert found["only"].tsx is None


def test_a_link_out_of_the_folder_is_no_widget(tmp_path: Path) -> None:
    app = save(tmp_path / "app", inside_html="<p>in</p>")
    (tmp_path / "secret.html").write_text("secret", encoding="utf-8")
    (app / "private.html").write_text("secret", encoding="utf-8")
    widgets = app / "widgets"
    (widgets / "out.html").symlink_to(tmp_path / "secret.html")
    (widgets / "beside.html").symlink_to(app / "private.html")
    (widgets / "other.html").symlink_to(widgets / "inside.html")
    (widgets / "dist").symlink_to(tmp_path)
    assert list(find_widgets(app)) == ["inside", "other"]


def test_a_folder_widgets_that_is_a_link_to_elsewhere_has_none(tmp_path: Path) -> None:
    elsewhere = save(tmp_path / "elsewhere", secret_html="secret")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "widgets").symlink_to(elsewhere / "widgets")
    assert find_widgets(tmp_path / "app") == {}


def test_where_there_is_no_folder_there_are_no_widgets(tmp_path: Path) -> None:
    assert find_widgets(tmp_path) == {}
    assert list(look_at_widgets(tmp_path).folders) == [str(tmp_path)]


def test_what_editors_and_homeport_leave_beside_is_not_watched(tmp_path: Path) -> None:
    save(tmp_path, one_tsx="", parts__row_tsx="")
    widgets = tmp_path / "widgets"
    for foreign in (".one.tsx.swp", "one.tsx~", ".homeport/tools.d.ts", "node_modules/x/index.js"):
        (widgets / foreign).parent.mkdir(parents=True, exist_ok=True)
        (widgets / foreign).touch()
    seen = {Path(path).relative_to(widgets).as_posix() for path in look_at_widgets(tmp_path).files}
    assert seen == {"one.tsx", "parts/row.tsx"}


def test_the_kit_stands_where_the_page_asks_for_it_and_cannot_end_its_script_early() -> None:
    page = with_kit("<head><SCRIPT src='homeport:kit'> </SCRIPT></head>", 'say("</script><!--")')
    assert page == '<head><script>say("<\\/script>\\x3C!--")</script></head>'


@pytest.mark.parametrize(
    "page",
    [
        '<script src="homeport:kit"></script><img src="data:image/png;base64,AAAA">',
        '<img src="https://images.example.com/1.png"><a href="other.html">x</a>',
        "<script>fetch('x')</script>",
    ],
)
def test_what_a_page_may_name(page: str) -> None:
    assert files_beside(page, "widgets/one.html") == []


@pytest.mark.parametrize(
    "tag", ['<script src="app.js">', '<img src="/logo.png">', '<link rel="stylesheet" href=a.css>']
)
def test_a_file_beside_the_page_is_a_problem_with_its_place(tag: str) -> None:
    (problem,) = files_beside(f"<!doctype html>\n  {tag}", "widgets/one.html")
    assert (problem.file, problem.line, problem.column) == ("widgets/one.html", 2, 3)
    assert str(problem).startswith("widgets/one.html:2:3: ")
