Feature: Messages that know whom they speak to
  A template is written once and says something of its own to everybody: names, conditions and lists are filled in
  from what the shop sends and from what is known of the recipient.

  Background:
    Given a shop that pushes to iPhones and Android phones

  Scenario Outline: Placeholders are filled in
    Given the template "welcome" says "<template>"
    When "welcome" is previewed with <values>
    Then the preview says "<text>"

    Examples:
      | template                                         | values                             | text               |
      | {{ name }}님, 환영합니다                         | {"name": "홍길동"}                 | 홍길동님, 환영합니다 |
      | {{ 이름 }} {{ user-name }}                       | {"이름": "철수", "user-name": "cs"} | 철수 cs            |
      | {{ order.id }}                                   | {"order": {"id": "A-1"}}           | A-1                |
      | {{ order.id }}                                   | {"order": {"id": "A-1"}, "order.id": "flat"} | flat     |
      | Hi {{ name \| default: 'friend' }}                | {}                                 | Hi friend          |
      | [{{ nobody }}]                                   | {"nobody": null}                   | []                 |
      | {% if vip %}VIP{% else %}회원{% endif %}         | {"vip": true}                      | VIP                |
      | {% for i in items %}{{ i }},{% endfor %}         | {"items": ["a", "b"]}              | a,b,               |
      | {{ price \| number_with_delimiter }}원            | {"price": 12000}                   | 12,000원           |

  Scenario: What the shop sends is stronger than a tag, and a tag is stronger than the device
    Given the template "welcome" says "{{ city }} {{ team }} {{ device_language }}"
    When "welcome" is previewed with {"city": "sent"}, tags {"city": "tag", "team": "tag"} and device {"team": "device", "device_language": "ko"}
    Then the preview says "sent tag ko"

  Scenario: Everybody reads their own language, or the nearest there is
    Given the template "welcome" says "안녕하세요"
    And in "en" the template "welcome" says "Hello"
    Then with "ko-KR" somebody reads "안녕하세요" of "welcome"
    And with "en-GB" somebody reads "Hello" of "welcome"
    And with "fr" somebody reads "Hello" of "welcome"

  Scenario: A preview says which values are missing
    Given the template "welcome" says "{{ name }} {{ coupon }}"
    When "welcome" is previewed with {"name": "홍길동"}
    Then the preview misses "coupon"

  Scenario: A strict template refuses to say nothing
    Given the strict template "bill" says "{{ amount }}원"
    When "bill" is previewed with {}
    Then the preview refuses, because of "amount"

  Scenario Outline: Mistakes are found when a template is saved
    When the shop saves the template "wrong" that says "<template>"
    Then this is refused, because the template has a mistake
    And there is no template "wrong"

    Examples:
      | template                 |
      | {{ name                  |
      | {{ first name }}         |
      | {% if vip %}VIP          |
      | {{ name \| shout }}       |
      | {% include 'other' %}    |
      | {{ 'now' \| date: '%Y' }} |

  Scenario: A hostile template costs a refusal and nothing else
    Given the template "endless" says "{% for i in (1..100000000) %}x{% endfor %}"
    When "endless" is previewed with {}
    Then the preview refuses, because of "loops more than"
