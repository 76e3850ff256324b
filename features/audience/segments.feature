Feature: Segments
  A shop names people by what it knows of them and of their phones: tags, languages, versions, what they did.
  A segment is a question, not a list: who is in it is found out whenever it is asked.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes
    And Jiyoung's Android phone receives pushes

  Scenario: Who is in a segment changes with them
    Given Minsu's iPhone has the tag "grade" of "VIP"
    And the segment "VIPs" of
      """
      {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
      """
    And "VIPs" is Minsu's iPhone
    When Jiyoung's Android phone gets the tag "grade" of "VIP"
    Then "VIPs" is Minsu's iPhone and Jiyoung's Android phone
    When Minsu's iPhone gets the tag "grade" of "Gold"
    Then "VIPs" is Jiyoung's Android phone

  Scenario: Conditions are joined, turned round and nested
    Given Minsu's iPhone has the tag "age" of 29
    And Minsu's iPhone reports the language "ko-KR" and the version "1.10.0"
    And Jiyoung's Android phone has the tag "age" of 31
    And Jiyoung's Android phone reports the language "en-US" and the version "1.9"
    When the shop saves the segment "Young or Korean, up to date" of
      """
      {"and": [
        {"or": [
          {"field": "tag", "key": "age", "operator": "between", "value": [20, 29]},
          {"field": "language", "operator": "eq", "value": "ko"}]},
        {"not": {"field": "app_version", "operator": "lt", "value": "1.10"}}]}
      """
    Then "Young or Korean, up to date" is Minsu's iPhone

  Scenario: What is unknown is neither equal nor unequal
    Given Minsu's iPhone has the tag "grade" of "VIP"
    When the shop saves the segment "Others" of
      """
      {"field": "tag", "key": "grade", "operator": "ne", "value": "VIP"}
      """
    Then "Others" is nobody
    When the shop saves the segment "All but VIPs" of
      """
      {"not": {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}}
      """
    Then "All but VIPs" is Jiyoung's Android phone

  Scenario: Those who have not opened anything for thirty days
    Given the segment "Asleep" of
      """
      {"not": {"field": "last_converted_at", "operator": "in_last_days", "value": 30}}
      """
    And the shop has sent "Summer sale" to Minsu's iPhone
    And "Summer sale" was sent
    When Minsu's iPhone opens "Summer sale"
    Then "Asleep" is Jiyoung's Android phone
    When 31 days have passed
    Then "Asleep" is Minsu's iPhone and Jiyoung's Android phone

  Scenario: A count tells channels apart, and who can be reached
    Given Jiyoung's Android phone was switched off by its owner
    And the segment "Everybody" of
      """
      {"everyone": true}
      """
    Then "Everybody" counts
      | channel | matching | can be reached |
      | push    | 2        | 1              |
      | email   | 0        | 0              |

  Scenario: Segments are included and excluded together
    Given Minsu's iPhone has the tag "grade" of "VIP"
    And the segment "VIPs" of
      """
      {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
      """
    Then everybody but "VIPs", on push, is Jiyoung's Android phone
    And everybody but "VIPs", on email, is nobody

  Scenario: An archived segment targets nobody any longer
    Given the segment "VIPs" of
      """
      {"everyone": true}
      """
    When the shop archives the segment "VIPs"
    And the shop asks who everybody but "VIPs" is
    Then the shop is told that "targeting_criteria.exclude[0]" is not there

  Scenario Outline: A condition that makes no sense is refused with its place
    When the shop saves the segment "Odd" of
      """
      {"and": [{"everyone": true}, <condition>]}
      """
    Then the shop is told that "<place>" cannot work like that

    Examples:
      | condition                                                                   | place                      |
      | {"field": "tag", "key": "age", "operator": "older", "value": 18}            | predicate.and[1].operator  |
      | {"field": "app_version", "operator": "gt", "value": "newest"}               | predicate.and[1].value     |
      | {"field": "tag", "operator": "eq", "value": 1}                              | predicate.and[1].key       |
      | {"field": "last_active_at", "operator": "before", "value": "2026-02-30"}    | predicate.and[1].value     |
      | {"not": {"field": "shoe_size", "operator": "eq", "value": 43}}              | predicate.and[1].not.field |

  Scenario: Anybody can be told why they are in a segment or not
    Given Minsu's iPhone has the tag "grade" of "Gold"
    And the segment "Push to VIPs" of
      """
      {"and": [
        {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"},
        {"field": "channel", "operator": "eq", "value": "push"}]}
      """
    Then Minsu's iPhone is not in "Push to VIPs", because
      | field   | found | holds |
      | tag     | Gold  | no    |
      | channel | push  | yes   |
