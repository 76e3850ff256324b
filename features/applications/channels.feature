Feature: Channels of a shop
  A channel can be paused, by an operator or by itself when its credentials do not work.
  Its messages wait, those of other channels do not, and nobody's subscription suffers.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario: Messages of a paused channel wait
    Given the shop's iPhone channel is paused
    When the shop sends "Summer sale" to Minsu's iPhone
    Then "Summer sale" is waiting
    And nobody was asked to deliver "Summer sale"

  Scenario: When the channel is resumed, they go out
    Given the shop's iPhone channel is paused
    And the shop has sent "Summer sale" to Minsu's iPhone
    When the shop's iPhone channel is resumed
    Then "Summer sale" becomes sent
    And Apple took "Summer sale" exactly once

  Scenario: Other channels go on
    Given Jiyoung's Android phone receives pushes
    And the shop's iPhone channel is paused
    When the shop sends "Summer sale" to Jiyoung's Android phone
    Then "Summer sale" becomes sent

  Scenario: Other shops go on
    Given another shop with a customer whose Yuna's iPhone receives pushes
    And the shop's iPhone channel is paused
    When the other shop sends "Hello" to Yuna's iPhone
    Then "Hello" becomes sent

  Scenario: Credentials that Apple does not accept pause the channel and cost nobody anything
    Given the shop's key for Apple is not the one that Apple knows
    When the shop sends "Summer sale" to Minsu's iPhone
    Then the shop's iPhone channel gets paused because of "InvalidProviderToken"
    And "Summer sale" is waiting
    And Minsu's iPhone is still subscribed
    And the operators are alerted of "channel_paused"

  Scenario: New credentials resume the channel and the waiting messages go out
    Given the shop's key for Apple is not the one that Apple knows
    And the shop has sent "Summer sale" to Minsu's iPhone
    And the shop's iPhone channel got paused because of "InvalidProviderToken"
    When the shop enters the key that Apple knows
    Then "Summer sale" becomes sent
    And the shop's channels are open

  Scenario: New credentials do not lift a pause that an operator wanted
    Given the shop's iPhone channel is paused
    When the shop enters the key that Apple knows
    And the shop sends "Summer sale" to Minsu's iPhone
    Then "Summer sale" is waiting

  Scenario: A shop without credentials waits for them
    Given a shop without credentials, whose customer's Yuna's iPhone receives pushes
    When the shop without credentials sends "Hello" to Yuna's iPhone
    Then "Hello" is waiting
    When the shop without credentials enters the key that Apple knows
    Then "Hello" becomes sent

  Scenario Outline: Credentials that cannot work are refused when they are entered
    When the shop enters for Apple a <field> that is <what>
    Then this is refused, because it cannot work like that

    Examples:
      | field       | what      |
      | team_id     | too short |
      | key_id      | missing   |
      | bundle_id   | missing   |
      | private_key | no key    |
