from .conftest import PHONE


def test_the_login_page_works_on_a_phone_and_is_accessible(open_as, assert_accessible):
    page = open_as(None, "/", viewport=PHONE)
    page.wait_for_url("**/login/**")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_signing_in_with_the_keyboard(open_as):
    page = open_as(None, "/login/")
    page.get_by_label("用户名").focus()
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type("Chuan-Dao-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
