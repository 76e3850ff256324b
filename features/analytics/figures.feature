Feature: Figures
  Whoever sent something sees what became of it, at once and exactly:
  every figure is what a recount of the messages finds.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes
    And Jiyoung's Android phone receives pushes

  Scenario: The funnel narrows from sent to opened
    Given the shop has sent "Summer sale" to Minsu's iPhone and Jiyoung's Android phone
    And "Summer sale" was sent
    When Minsu's iPhone reports "Summer sale" as received
    And Minsu's iPhone reports "Summer sale" as opened
    Then the shop's funnel is
      | accepted | sent | received | converted |
      | 2        | 2    | 1        | 1         |
    And the figures stand up to a recount

  Scenario: Who opens has received, and counts once
    Given the shop has sent "Summer sale" to Minsu's iPhone
    And "Summer sale" was sent
    When Minsu's iPhone reports "Summer sale" as opened
    And Minsu's iPhone reports "Summer sale" as received
    And Minsu's iPhone reports "Summer sale" as opened
    Then the shop's funnel is
      | accepted | sent | received | converted |
      | 1        | 1    | 1        | 1         |
    And the figures stand up to a recount

  Scenario: Providers are compared
    Given Minsu's iPhone was uninstalled
    When the shop sends "Hello" to Minsu's iPhone
    And the shop sends "Good morning" to Jiyoung's Android phone
    And "Hello" becomes failed
    And "Good morning" becomes sent
    Then by provider the shop sees
      | provider | sent | failed |
      | apns     | 0    | 1      |
      | fcm      | 1    | 0      |
    And the figures stand up to a recount

  Scenario: What another shop does is not in them
    Given another shop with a customer whose Yuna's iPhone receives pushes
    When the other shop sends "Hello" to Yuna's iPhone
    And "Hello" becomes sent
    Then the shop's funnel is
      | accepted | sent | received | converted |
      | 0        | 0    | 0        | 0         |
